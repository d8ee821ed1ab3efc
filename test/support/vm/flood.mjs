/**
 * Sends UDP datagrams of 64 bytes of payload at an even rate. Arguments: ADDRESS PORT SOURCE_PORT PER_SECOND SECONDS, at most
 * 50,000 per second and 20 s. Prints one line: {sent, failed, seconds}.
 */
import { createSocket } from "node:dgram";

const [address, port, sourcePort, perSecond, seconds] = process.argv.slice(2);
const rate = Math.min(Number(perSecond), 50_000);
const total = rate * Math.min(Number(seconds), 20);
const payload = Buffer.alloc(64);
const socket = createSocket({ type: "udp4", sendBufferSize: 1 << 20 });

function send() {
  const from = performance.now();
  let begun = 0;
  let sent = 0;
  let failed = 0;
  const count = (error) => {
    if (error) failed += 1;
    else sent += 1;
    if (sent + failed < total) return;
    clearInterval(timer);
    socket.close();
    process.stdout.write(`${JSON.stringify({ sent, failed, seconds: (performance.now() - from) / 1000 })}\n`);
  };
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - from) / 1000) * rate));
    for (; begun < due; begun += 1) socket.send(payload, count);
  }, 1);
}

socket.bind(Number(sourcePort), () => socket.connect(Number(port), address, send));
