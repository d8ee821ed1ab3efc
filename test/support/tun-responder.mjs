// Answers echo requests that reach a tun device of its own, as told on its standard input, one JSON object a line:
// {"delayMs": 500} holds replies back, {"garbage": true} sends nonsense beside each, {"copies": 2} sends each twice,
// {"swap": true} answers each second request before the one ahead of it, {"limit": 1000} ends with that many answered.
// Prints {"requests": n, "replies": n} at the end.
// It runs in the prober's own namespace: what it does to replies, no kernel does.
import { closeSync, openSync, read, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import koffi from "koffi";

const [device = "tun0"] = process.argv.slice(2);
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;

const ioctl = koffi.load(null).func("int ioctl(int, ulong, void *)");
const fd = openSync("/dev/net/tun", "r+");
const request = Buffer.from(new ArrayBuffer(128));
request.write(device);
request.writeUInt16LE(IFF_TUN_NO_PI, 16);
if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error("TUNSETIFF failed: is this root, and /dev/net/tun there?");

const order = { delayMs: 0, garbage: false, copies: 1, swap: false, limit: Number.POSITIVE_INFINITY };
const counts = { requests: 0, replies: 0 };

function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const ipv4 = {
  echoReply: 0,
  at: 20,
  isRequest: (packet) => packet[0] === 0x45 && packet[9] === 1 && packet[20] === 8,
  source: (packet) => packet.subarray(16, 20),
  wrap(packet, icmp, from) {
    const reply = Buffer.concat([packet.subarray(0, 20), icmp]);
    reply.writeUInt16BE(reply.length, 2);
    from.copy(reply, 12);
    packet.copy(reply, 16, 12, 16);
    reply.writeUInt16BE(0, 10);
    reply.writeUInt16BE(checksum(reply.subarray(0, 20)), 10);
    return { reply, summed: reply.subarray(20) };
  },
};

const ipv6 = {
  echoReply: 129,
  at: 40,
  isRequest: (packet) => packet[0] >> 4 === 6 && packet[6] === 58 && packet[40] === 128,
  source: (packet) => packet.subarray(24, 40),
  wrap(packet, icmp, from) {
    const reply = Buffer.concat([packet.subarray(0, 40), icmp]);
    reply.writeUInt16BE(icmp.length, 4);
    from.copy(reply, 8);
    packet.copy(reply, 24, 8, 24);
    // The pseudo header (RFC 8200, section 8.1): addresses, length, next header.
    const pseudo = Buffer.concat([
      reply.subarray(8, 40),
      Buffer.from([0, 0, icmp.length >> 8, icmp.length & 255, 0, 0, 0, 58]),
    ]);
    return { reply, summed: Buffer.concat([pseudo, icmp.subarray(0, 2), Buffer.alloc(2), icmp.subarray(4)]) };
  },
};

/** The packet with its addresses swapped and its ICMP part replaced, checksums right. */
function answer(ip, packet, icmp, from = ip.source(packet)) {
  const { reply, summed } = ip.wrap(packet, icmp, from);
  const at = ip.at + 2;
  reply.writeUInt16BE(0, at);
  reply.writeUInt16BE(checksum(summed), at);
  return reply;
}

function echoReply(ip, packet) {
  const icmp = Buffer.from(packet.subarray(ip.at));
  icmp[0] = ip.echoReply;
  return icmp;
}

/** Near misses of a reply, none of which may count: cut, lengthened, of another code, with other marks, from another host. */
function garbage(ip, packet) {
  const good = echoReply(ip, packet);
  const stranger = Buffer.from(ip.source(packet));
  stranger[stranger.length - 1] = 77;
  const withByte = (at, value) => {
    const bad = Buffer.from(good);
    bad[at] = value;
    return bad;
  };
  return [
    answer(ip, packet, good.subarray(0, 6)),
    answer(ip, packet, good.subarray(0, 20)),
    answer(ip, packet, Buffer.concat([good, Buffer.alloc(4)])),
    answer(ip, packet, withByte(1, 3)),
    answer(ip, packet, withByte(9, good[9] ^ 0xff)),
    answer(ip, packet, withByte(17, good[17] ^ 0xff)),
    answer(ip, packet, withByte(22, good[22] ^ 0x40)),
    answer(ip, packet, good, stranger),
  ];
}

function respond(packet) {
  const ip = [ipv4, ipv6].find(({ isRequest }) => isRequest(packet));
  if (!ip) return;
  if (counts.requests++ >= order.limit) return;
  const good = answer(ip, packet, echoReply(ip, packet));
  const wrong = order.garbage ? garbage(ip, packet) : [];
  const send = () => {
    for (const bad of wrong) writeSync(fd, bad);
    for (let copy = 0; copy < order.copies; copy++) writeSync(fd, good);
    counts.replies++;
  };
  if (order.swap) sendSwapped(send);
  else if (order.delayMs > 0) setTimeout(send, order.delayMs);
  else send();
}

let heldBack;
function sendSwapped(send) {
  if (heldBack) {
    send();
    heldBack();
    heldBack = undefined;
  } else heldBack = send;
}

function readNext() {
  const buffer = Buffer.alloc(65_536);
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
