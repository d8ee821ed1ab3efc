import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";

export interface DnsRecord {
  readonly family: 4 | 6;
  readonly address: string;
  readonly ttlSeconds: number;
}

/** A name server on loopback that answers A and AAAA (RFC 1035, RFC 3596) and counts its questions. */
export interface DnsServer {
  /** For Resolver.setServers. */
  readonly server: string;
  /** What is answered from now on; a name that is not there does not exist, `silent` answers nothing at all. */
  records: Readonly<Record<string, readonly DnsRecord[]>> | "silent";
  questions: number;
  close(): Promise<void>;
}

const types = { 4: 1, 6: 28 };
const NXDOMAIN = 3;

export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const dns: DnsServer = {
    get server() {
      return `127.0.0.1:${socket.address().port}`;
    },
    records: {},
    questions: 0,
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
  socket.on("message", (query: Buffer, peer: RemoteInfo) => {
    dns.questions++;
    if (dns.records !== "silent") socket.send(answer(query, dns.records), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return dns;
}

function answer(query: Buffer, all: Readonly<Record<string, readonly DnsRecord[]>>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const type = query.readUInt16BE(at + 1);
  const known = all[labels.join(".").toLowerCase()];
  const records = (known ?? []).filter(({ family }) => types[family] === type);
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (known ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records.map(record)]);
}

function record({ family, address, ttlSeconds }: DnsRecord): Buffer {
  const data = family === 4 ? Buffer.from(address.split(".").map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  // A pointer to the question's name.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(types[family], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => "0");
  const all = address.includes("::") ? [...groups(head), ...zeros, ...groups(tail)] : groups(head);
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
