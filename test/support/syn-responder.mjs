// Answers TCP SYNs that reach a tun device of its own, as told on its standard input, one JSON object a line:
// {"answer": "reset"} or {"answer": "accept"}, {"delayMs": 500} holds it back. Says when the first came. Ends with its standard input and prints
// {"syns": n, "again": n, "resets": n}: SYNs seen first, those seen again, and connections that the prober reset.
import { closeSync, openSync, read, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import koffi from "koffi";

const [device = "tun0"] = process.argv.slice(2);
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const FLAGS = { syn: 0x02, rst: 0x04, ack: 0x10 };
const IP_BYTES = 20;
const TCP_BYTES = 20;

const ioctl = koffi.load(null).func("int ioctl(int, ulong, void *)");
const fd = openSync("/dev/net/tun", "r+");
const request = Buffer.from(new ArrayBuffer(128));
request.write(device);
request.writeUInt16LE(IFF_TUN_NO_PI, 16);
if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error("TUNSETIFF failed: is this root, and /dev/net/tun there?");

const order = { answer: "reset", delayMs: 0 };
const seen = new Set();
const counts = { syns: 0, again: 0, resets: 0 };

function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The segment that answers a SYN (RFC 9293, section 3.10.7). */
function answer(packet, tcp, flags) {
  const reply = Buffer.alloc(IP_BYTES + TCP_BYTES);
  reply[0] = 0x45;
  reply.writeUInt16BE(reply.length, 2);
  reply[8] = 64;
  reply[9] = 6;
  packet.copy(reply, 12, 16, 20);
  packet.copy(reply, 16, 12, 16);
  reply.writeUInt16BE(checksum(reply.subarray(0, IP_BYTES)), 10);
  const segment = reply.subarray(IP_BYTES);
  segment.writeUInt16BE(tcp.readUInt16BE(2), 0);
  segment.writeUInt16BE(tcp.readUInt16BE(0), 2);
  segment.writeUInt32BE((tcp.readUInt32BE(4) + 1) >>> 0, 8);
  segment[12] = (TCP_BYTES / 4) << 4;
  segment[13] = flags;
  segment.writeUInt16BE(65_535, 14);
  const pseudo = Buffer.concat([reply.subarray(12, 20), Buffer.from([0, 6, 0, TCP_BYTES])]);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])), 16);
  return reply;
}

function respond(packet) {
  if (packet[0] !== 0x45 || packet[9] !== 6) return;
  const tcp = packet.subarray(IP_BYTES);
  if (tcp[13] & FLAGS.rst) counts.resets++;
  if ((tcp[13] & (FLAGS.syn | FLAGS.ack)) !== FLAGS.syn) return;
  const initial = tcp.readUInt32BE(4);
  if (seen.has(initial)) {
    counts.again++;
    return;
  }
  seen.add(initial);
  if (counts.syns++ === 0) process.stdout.write("first\n");
  const reply = answer(packet, tcp, (order.answer === "accept" ? FLAGS.syn : FLAGS.rst) | FLAGS.ack);
  setTimeout(() => writeSync(fd, reply), order.delayMs);
}

function readNext() {
  const buffer = Buffer.alloc(2048);
  read(fd, buffer, 0, buffer.length, null, (error, length) => {
    if (error) return;
    respond(buffer.subarray(0, length));
    readNext();
  });
}

readNext();
process.stdout.write("ready\n");
createInterface({ input: process.stdin })
  .on("line", (line) => Object.assign(order, JSON.parse(line)))
  .on("close", () => {
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    closeSync(fd);
    process.exit(0);
  });
