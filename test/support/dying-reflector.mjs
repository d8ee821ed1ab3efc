/**
 * Kills the reflector's worker while it answers. Argument: path of the built reflector. Prints what was answered before and
 * after, the counts at each time, and how often it died.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const reflectorFile = pathToFileURL(process.argv[2]);
const { startReflector } = await import(reflectorFile.href);

let worker;
let died = 0;
const spawn = (start) => {
  worker = new Worker(new URL("worker.js", reflectorFile), { workerData: start });
  return worker;
};
const reflector = startReflector(
  {
    listen: { host: "127.0.0.1", port: 0 },
    allow: [{ family: 4, bytes: [127, 0, 0, 0], prefix: 8 }],
    keys: [],
    limits: {
      sourceRate: 1e6,
      totalRate: 1e6,
      sessions: 100,
      sessionsPerSource: 10,
      sessionTimeoutSeconds: 300,
    },
  },
  () => died++,
  spawn,
);
const port = Number(reflector.listens.split(":")[1]);
const socket = createSocket("udp4").bind(0, "127.0.0.1");
await once(socket, "listening");

/** Sequence number of the reply; one request waits in the socket as long as nobody takes it. */
async function ask() {
  const request = Buffer.alloc(44);
  request.writeUInt16BE(1, 12);
  const [reply] = await Promise.all([once(socket, "message"), socket.send(request, port, "127.0.0.1")]);
  return reply[0].readUInt32BE(0);
}

const before = [await ask(), await ask(), await ask()];
await sleep(20);
const countsBefore = reflector.counts();
await worker.terminate();
const after = [await ask(), await ask()];
await sleep(20);
const countsAfter = reflector.counts();
await reflector.stop();
socket.close();
process.stdout.write(JSON.stringify({ before, after, died, replies: [countsBefore.replies, countsAfter.replies] }));
