// Accepts TCP connections on a port, over IPv4 and IPv6, until they are reset. Prints "ready" when it listens.
import { createServer } from "node:net";

const [port] = process.argv.slice(2);
createServer((socket) => socket.on("error", () => undefined).resume()).listen(
  { host: "::", port: Number(port), backlog: 4096 },
  () => process.stdout.write("ready\n"),
);
