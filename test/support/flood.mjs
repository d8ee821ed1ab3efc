// node flood.mjs ADDRESS PORT COUNT: sends so many UDP datagrams as fast as it can, and prints how many the kernel refused.
import { createSocket } from "node:dgram";

const [address, port, count] = process.argv.slice(2);
const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
const AT_ONCE = 64;
let refused = 0;

await new Promise((resolve) => socket.connect(Number(port), address, resolve));
for (let left = Number(count); left > 0; left -= AT_ONCE) {
  const sends = Array.from({ length: Math.min(AT_ONCE, left) }, () => {
    return new Promise((resolve) => socket.send("flood", (error) => resolve(error)));
  });
  refused += (await Promise.all(sends)).filter(Boolean).length;
}
console.log(refused);
socket.close();
