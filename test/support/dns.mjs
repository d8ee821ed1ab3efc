/**
 * A name server for 127.0.0.1:53 of a namespace (RFC 1035). Each name has a list of addresses, one for each question: the last
 * one stays. argv[2]: JSON. Prints `ready`.
 */
import { createSocket } from "node:dgram";

const A = 1;
const AAAA = 28;
const NXDOMAIN = 3;
const TTL_SECONDS = 0;
const names = new Map(Object.entries(JSON.parse(process.argv[2] ?? "{}")));

function ipv6Bytes(address) {
  const ipv4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high, low) => (Number(high) * 256 + Number(low)).toString(16);
  const plain = ipv4 ? `${ipv4[1]}${hex(ipv4[2], ipv4[3])}:${hex(ipv4[4], ipv4[5])}` : address;
  const [head, tail] = plain.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => "0");
  return Buffer.from(
    [...head, ...(tail ? [...zeros, ...tail] : [])].map((group) => group.padStart(4, "0")).join(""),
    "hex",
  );
}

function record(address, type) {
  const data = type === A ? Buffer.from(address.split(".").map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(TTL_SECONDS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const server = createSocket("udp4");
server.on("message", (query, peer) => {
  const labels = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const known = names.get(labels.join("."));
  const fits = known?.[0]?.includes(":") ? type === AAAA : type === A;
  const addresses = known && fits ? [known.length > 1 ? known.shift() : known[0]] : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (known ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => record(address, type));
  server.send(Buffer.concat([header, query.subarray(12, at + 5), ...records]), peer.port, peer.address);
});
server.bind(53, "127.0.0.1", () => console.log("ready"));
