/**
 * Sends UDP over IPv4 with source addresses that are not ours. Argument: path of the built kernel/ffi folder. One line of stdin:
 * {from, sources, fromPort, to, port, hex, count, perSecond}; sources count up from `from`, datagrams go round them.
 * Prints what it sent.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const built = (file) => import(pathToFileURL(`${process.argv[2]}/${file}`).href);
const sys = await built("socket.js");
const { MessageRing } = await built("message-ring.js");
const { sockaddr, sockaddrWords } = await built("sockaddr.js");

const IPPROTO_RAW = 255;
const BATCH = 64;
let input = "";
for await (const chunk of process.stdin) input += chunk;
const { from, sources, fromPort, to, port, hex, count, perSecond } = JSON.parse(input);

const payload = Buffer.from(hex, "hex");
const ipv4 = (address) => Buffer.from(address.split(".").map(Number));
const first = ipv4(from).readUInt32BE();

/** IPv4 and UDP headers; the kernel fills in length and checksum of the first, the second may have none. */
function packet(n) {
  const bytes = Buffer.alloc(28 + payload.length);
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(17, 9);
  bytes.writeUInt32BE(first + (n % sources), 12);
  ipv4(to).copy(bytes, 16);
  bytes.writeUInt16BE(fromPort, 20);
  bytes.writeUInt16BE(port, 22);
  bytes.writeUInt16BE(8 + payload.length, 24);
  payload.copy(bytes, 28);
  return bytes;
}

const fd = sys.socket(sys.AF_INET, sys.SOCK_RAW, IPPROTO_RAW);
if (fd < 0) throw new Error("no raw socket");
const name = sockaddrWords(sockaddr(to));
const ring = new MessageRing(BATCH, 28 + payload.length);
let sent = 0;
const startedAt = performance.now();
while (sent < count) {
  const due = Math.min(count, ((performance.now() - startedAt) / 1000) * perSecond) - sent;
  const batch = Math.min(BATCH, Math.floor(due));
  if (batch <= 0) {
    await sleep(1);
    continue;
  }
  for (let i = 0; i < batch; i++) {
    ring.setName(i, name);
    ring.clearControl(i);
    ring.setDataLength(i, 28 + payload.length);
    ring.bytes.set(packet(sent + i), ring.dataAt(i));
  }
  sent += Math.max(0, sys.sendmmsg(fd, ring.addressOf(0), batch, 0));
}
sys.close(fd);
process.stdout.write(JSON.stringify({ sent, seconds: (performance.now() - startedAt) / 1000 }));
