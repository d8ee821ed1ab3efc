/**
 * A STAMP reflector that misbehaves as it is told. Argument: orders as JSON
 * {copies, swap, garbage, replays, otherPort}. Says "ready", and counts as JSON when its stdin ends.
 */
import { createSocket } from "node:dgram";

const orders = JSON.parse(process.argv[2] ?? "{}");
const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
const other = createSocket("udp4");
const counts = { requests: 0, replies: 0, garbage: 0 };
const numbers = new Map();
const old = [];
let waiting;

/** RFC 8762, section 4.3.1. */
function replyTo(request) {
  const ssid = request.readUInt16BE(14);
  const number = numbers.get(ssid) ?? 0;
  numbers.set(ssid, number + 1);
  const reply = Buffer.from(request);
  const now = Date.now();
  reply.writeUInt32BE(number, 0);
  reply.writeUInt32BE(Math.floor(now / 1000) + 2_208_988_800, 4);
  reply.copy(reply, 16, 4, 12); // received when sent: it was held for no time
  request.copy(reply, 24, 0, 4);
  request.copy(reply, 28, 4, 14);
  reply[40] = 64;
  return reply;
}

/** Near misses of a reply: whoever takes one for ours counts wrongly. */
function nearMisses(reply) {
  const changed = (at) => {
    const copy = Buffer.from(reply);
    copy[at] ^= 0x55;
    return copy;
  };
  return [
    ...[0, 1, 20, 43].map((length) => reply.subarray(0, length)),
    changed(15), // another session
    changed(26), // another number of ours, far from this one
    changed(33), // another timestamp: it never saw our packet
    Buffer.alloc(reply.length),
    Buffer.alloc(reply.length, 0xff),
    Buffer.alloc(9000, 0x41),
  ];
}

function send(reply, { port, address }, from = socket) {
  from.send(reply, port, address);
}

function answer(reply, peer) {
  for (let copy = 0; copy < (orders.copies ?? 1); copy++) {
    send(reply, peer);
    counts.replies++;
  }
}

socket.on("message", (request, peer) => {
  counts.requests++;
  const reply = replyTo(request);
  if (orders.garbage) {
    for (const miss of nearMisses(reply)) {
      send(miss, peer);
      counts.garbage++;
    }
  }
  if (orders.otherPort) {
    send(reply, peer, other);
    counts.garbage++;
  }
  if (orders.replays) {
    old.push(reply);
    if (old.length > 1000) {
      send(old[0], peer);
      old.shift();
      counts.garbage++;
    }
  }
  if (orders.swap && waiting) {
    answer(reply, peer);
    answer(waiting, peer);
    waiting = undefined;
  } else if (orders.swap) waiting = reply;
  else answer(reply, peer);
});
socket.bind(862, "0.0.0.0", () => process.stdout.write("ready\n"));
process.stdin.resume().on("end", () => {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  socket.close();
  other.close();
});
