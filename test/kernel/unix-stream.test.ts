import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SourceAbsentError } from "../../src/kernel/host.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";

const host = createLinuxHost();
let directory: string;
let path: string;
let server: Server | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-stream-"));
  path = join(directory, "daemon.sock");
});
afterEach(() => {
  server?.close();
  rmSync(directory, { recursive: true });
});

function listen(serve: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => {
    server = createServer(serve).listen(path, resolve);
  });
}

const never = new AbortController().signal;

test("what is written comes back from a daemon that echoes", async () => {
  await listen((socket) => socket.pipe(socket));
  const connection = await host.connect(path, never);

  connection.write(Buffer.from("hello"));
  for await (const bytes of connection) {
    expect(Buffer.from(bytes).toString()).toBe("hello");
    break;
  }

  connection.close();
});

test("without the socket the source is absent", async () => {
  await expect(host.connect(path, never)).rejects.toThrow(SourceAbsentError);
});

test("a socket that a dead daemon left behind is a failure, not an absence", async () => {
  const dies = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", dies]);

  await expect(host.connect(path, never)).rejects.toThrow("ECONNREFUSED");
});

test("when the daemon goes, the stream ends", async () => {
  await listen((socket) => socket.end("bye"));
  const connection = await host.connect(path, never);

  let text = "";
  for await (const bytes of connection) text += Buffer.from(bytes).toString();

  expect(text).toBe("bye");
});

test("the signal ends a connection to a daemon that hangs", async () => {
  await listen(() => undefined);
  const controller = new AbortController();
  const connection = await host.connect(path, controller.signal);

  const read = (async () => {
    for await (const _ of connection) throw new Error("it said something");
  })();
  controller.abort();

  await expect(read).rejects.toThrow(/abort/i);
});
