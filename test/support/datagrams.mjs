/**
 * Sends and receives UDP datagrams from one address and port, for tests that cannot be in the namespace themselves.
 * Arguments: ADDRESS PORT. Each line of stdin is {to, port, hex}; each line of stdout {from, port, hex}.
 */
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";

const [address = "0.0.0.0", port = "0"] = process.argv.slice(2);
const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
socket.on("message", (data, { address: from, port: fromPort }) => {
  process.stdout.write(`${JSON.stringify({ from, port: fromPort, hex: data.toString("hex") })}\n`);
});
socket.bind(Number(port), address, () => process.stdout.write("ready\n"));

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { to, port: toPort, hex } = JSON.parse(line);
  socket.send(Buffer.from(hex, "hex"), toPort, to, (error) => {
    if (error) process.stderr.write(`${to}:${toPort}: ${error.message}\n`);
  });
});
lines.on("close", () => socket.close());
