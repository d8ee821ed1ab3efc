import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export type DnsRecord =
  | { readonly family: 4 | 6; readonly address: string; readonly ttlSeconds: number }
  | { readonly service: string; readonly port: number; readonly ttlSeconds: number };

/** Answers of a server that is not well (RFC 1035, RCODE). */
const failures = { servfail: 2, refused: 5 };

/** A name server on loopback that answers A, AAAA and SRV (RFC 1035, RFC 3596, RFC 2782) and counts its questions. */
export interface DnsServer {
  /** For Resolver.setServers. */
  readonly server: string;
  /** What is answered from now on; a name that is not there does not exist, `silent` answers nothing at all. */
  records: Readonly<Record<string, readonly DnsRecord[]>> | "silent" | keyof typeof failures;
  /** Milliseconds that each answer takes. */
  delayMs: number;
  questions: number;
  /** Those of them that came over TCP, because the answer has no room in a datagram. */
  questionsOverTcp: number;
  /** The most questions that waited for their answers at one moment. */
  mostAtOnce: number;
  close(): Promise<void>;
}

const types = { 4: 1, 6: 28, srv: 33 };
const NXDOMAIN = 3;
const TRUNCATED = 0x0200;
/** Of a question without EDNS. */
const maxDatagramBytes = 512;

export async function startDnsServer(): Promise<DnsServer> {
  const udp = createSocket("udp4");
  const tcp = createServer();
  const connections = new Set<Socket>();
  let open = 0;
  /** An answer that was put off may come due after the end of the test that asked. */
  let isClosed = false;
  const dns: DnsServer = {
    get server() {
      return `127.0.0.1:${udp.address().port}`;
    },
    records: {},
    delayMs: 0,
    questions: 0,
    questionsOverTcp: 0,
    mostAtOnce: 0,
    async close() {
      isClosed = true;
      for (const connection of connections) connection.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, "close"), once(tcp, "close")]);
    },
  };

  function reply(query: Buffer, send: (bytes: Buffer) => void): void {
    dns.questions++;
    dns.mostAtOnce = Math.max(dns.mostAtOnce, ++open);
    setTimeout(() => {
      open--;
      if (!isClosed && dns.records !== "silent") send(answer(query, dns.records));
    }, dns.delayMs).unref();
  }
  udp.on("message", (query: Buffer, peer: RemoteInfo) => {
    reply(query, (bytes) => udp.send(fitting(bytes), peer.port, peer.address, () => undefined));
  });
  tcp.on("connection", (connection) => {
    connections.add(connection);
    let received = Buffer.alloc(0);
    connection.on("error", () => connections.delete(connection));
    connection.on("data", (data: Buffer) => {
      received = Buffer.concat([received, data]);
      for (let length = lengthOf(received); length <= received.length; length = lengthOf(received)) {
        dns.questionsOverTcp++;
        reply(received.subarray(2, length), (bytes) => connection.write(withLength(bytes)));
        received = received.subarray(length);
      }
    });
  });

  const port = await freePort(tcp);
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return dns;
}

/** Makes it listen where UDP is free as well: what is free for the one may be taken for the other. */
async function freePort(tcp: Server): Promise<number> {
  for (;;) {
    tcp.listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const { port } = tcp.address() as AddressInfo;
    const trial = createSocket("udp4");
    const isFree = await new Promise<boolean>((resolve) => {
      trial.once("error", () => resolve(false));
      trial.bind(port, "127.0.0.1", () => resolve(true));
    });
    trial.close();
    if (isFree) return port;
    tcp.close();
    await once(tcp, "close");
  }
}

/** Of the next message with its two bytes of length; infinite while they are not there. */
function lengthOf(received: Buffer): number {
  return received.length < 2 ? Number.POSITIVE_INFINITY : 2 + received.readUInt16BE(0);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What has no room is cut to its header and question, and says so. */
function fitting(bytes: Buffer): Buffer {
  if (bytes.length <= maxDatagramBytes) return bytes;
  const cut = Buffer.from(bytes.subarray(0, questionEnd(bytes)));
  cut.writeUInt16BE(cut.readUInt16BE(2) | TRUNCATED, 2);
  cut.writeUInt16BE(0, 6);
  return cut;
}

function questionEnd(message: Buffer): number {
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) at += 1 + length;
  return at + 5;
}

function answer(query: Buffer, all: Exclude<DnsServer["records"], "silent">): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const type = query.readUInt16BE(at + 1);
  const known = typeof all === "string" ? undefined : all[labels.join(".").toLowerCase()];
  const records = (known ?? []).filter((record) => typeOf(record) === type);
  const code = typeof all === "string" ? failures[all] : known ? 0 : NXDOMAIN;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records.map(record)]);
}

function typeOf(record: DnsRecord): number {
  return "family" in record ? types[record.family] : types.srv;
}

function record(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(12);
  // A pointer to the question's name.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(typeOf(record), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  if ("service" in record) return Buffer.concat([serviceHead(record.port), nameBytes(record.service)]);
  return record.family === 4 ? Buffer.from(record.address.split(".").map(Number)) : ipv6Bytes(record.address);
}

/** Priority 1, weight 1, and the port. */
function serviceHead(port: number): Buffer {
  const head = Buffer.from([0, 1, 0, 1, 0, 0]);
  head.writeUInt16BE(port, 4);
  return head;
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => "0");
  const all = address.includes("::") ? [...groups(head), ...zeros, ...groups(tail)] : groups(head);
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
