// Carries TCP between network namespaces: relay.mjs LISTEN CONNECT, each a port on loopback or the path of a unix socket.
import { connect, createServer } from "node:net";

const endpoint = (text) => (/^\d+$/.test(text) ? { host: "127.0.0.1", port: Number(text) } : { path: text });
const [from, to] = process.argv.slice(2).map(endpoint);

createServer((client) => {
  const upstream = connect(to);
  client.pipe(upstream).pipe(client);
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ]) {
    socket.on("error", () => other.destroy());
  }
}).listen(from, () => process.stdout.write("ready\n"));
