/**
 * A libvirtd that speaks libvirt's remote protocol as libvirt 9.0 does, over domains made of real captures, and misbehaves on
 * demand. It shares no code with the client that it is used against.
 *
 *     node test/support/fake-libvirtd.mjs SOCKET DOMAINS
 */
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const REMOTE = 0x20008086;
const KEEPALIVE = 0x6b656570;
const OPEN = 1;
const DOMAIN_XML = 14;
const AUTH_LIST = 66;
const AUTH_POLKIT = 70;
const ALL_STATS = 344;

const fixture = (name) => readFileSync(new URL(`../fixtures/libvirt-9.0/${name}`, import.meta.url), "utf8");

function u32(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Types as libvirt sends them: 1 int, 2 unsigned int, 4 unsigned long long, 7 string. */
function stat([name, value]) {
  if (typeof value === "string") return Buffer.concat([string(name), u32(7), string(value)]);
  if (/\.state$|\.reason$/.test(name)) return Buffer.concat([string(name), u32(1, value)]);
  if (/^vcpu\.(current|maximum)$|\.count$/.test(name)) return Buffer.concat([string(name), u32(2, value)]);
  return Buffer.concat([string(name), u32(4), u64(value)]);
}

/**
 * Statistics that `virsh domstats` printed, as pairs.
 * @returns {[string, number | string][]}
 */
export function statsOf(text) {
  return [...text.matchAll(/^ {2}([^=]+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    /^\d+$/.test(value) ? Number(value) : value,
  ]);
}

const kvmStats = statsOf(fixture("domstats-kvm.txt"));
const description = fixture("web.xml");

/** A running KVM machine with two vCPUs and two NICs, as many as there are numbers. */
export function createDomain(number) {
  const hex = number.toString(16).padStart(4, "0");
  const uuid = `a1b2c3d4-0000-4000-8000-00000000${hex}`;
  const name = `vm-${number}`;
  const devices = [`vnet${2 * number}`, `vnet${2 * number + 1}`];
  const stats = kvmStats.map(([key, value]) => {
    const nic = /^net\.([01])\.name$/.exec(key)?.[1];
    return [key, nic === undefined ? value : devices[nic]];
  });
  const mac = (last) => `52:54:00:${hex.slice(0, 2)}:${hex.slice(2)}:0${last}`;
  const xml = description
    .replace(/id='\d+'/, `id='${number}'`)
    .replace(/<name>.*<\/name>/, `<name>${name}</name>`)
    .replace(/<uuid>.*<\/uuid>/, `<uuid>${uuid}</uuid>`)
    .replace(/target dev='vnet2'/, `target dev='${devices[0]}'`)
    .replace(/target dev='vnet3'/, `target dev='${devices[1]}'`)
    .replace(/52:54:00:77:00:0(\d)/g, (_, last) => mac(last));
  return { name, uuid, id: number, stats, xml };
}

const reference = ({ name, uuid, id }) =>
  Buffer.concat([string(name), Buffer.from(uuid.replaceAll("-", ""), "hex"), u32(id)]);

function record(domain) {
  return Buffer.concat([reference(domain), u32(domain.stats.length), ...domain.stats.map(stat)]);
}

/** A machine that libvirt waits for tells nothing that its QEMU would have to be asked for. */
function withoutQemu(domain) {
  const stats = domain.stats.filter(([name]) => !/^balloon\.(?!current|maximum)/.test(name));
  return { ...domain, stats };
}

function message(call, body, { status = 0, serial = call.serial, program = REMOTE, procedure = call.procedure } = {}) {
  return Buffer.concat([u32(28 + body.length, program, 1, procedure, 1, serial, status), body]);
}

function failure(call, code, text) {
  const rest = u32(2, 0, 0, 0, 0, 0, 0, 0); // level; no domain, no further texts, two numbers, no network
  return message(call, Buffer.concat([u32(code, 7, 1), string(text), rest]), { status: 1 });
}

/** What each fault does to the answer of a call; undefined: that call is answered as usual. */
const faults = {
  hang: ({ procedure }) => (procedure === ALL_STATS ? [] : undefined),
  "close when asked": ({ procedure }, _, socket) => {
    if (procedure !== ALL_STATS) return undefined;
    socket.destroy();
    return [];
  },
  "half a message": ({ procedure }, answer, socket) => {
    if (procedure !== ALL_STATS) return undefined;
    const [whole] = answer();
    socket.end(whole.subarray(0, whole.length / 2));
    return [];
  },
  "half a body": (call, answer) => {
    if (call.procedure !== ALL_STATS) return undefined;
    const [whole] = answer();
    return [message(call, whole.subarray(28, 28 + 4 * Math.floor((whole.length - 28) / 8)))];
  },
  "one byte at a time": (_, answer) => answer().flatMap((whole) => Array.from(whole, (byte) => Buffer.from([byte]))),
  garbage: () => [Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
  "100 MB": () => [Buffer.concat([u32(100e6, REMOTE, 1, AUTH_LIST, 1, 1, 0), Buffer.alloc(1000)])],
  "wrong serial": (call) => [message(call, u32(0), { serial: call.serial + 7 })],
  "another version": (call) => [failure(call, 39, `Cannot find program ${REMOTE} version 1`)],
  sasl: (call) => (call.procedure === AUTH_LIST ? [message(call, u32(1, 1))] : undefined),
  polkit: (call) => (call.procedure === AUTH_LIST ? [message(call, u32(1, 2))] : undefined),
  "polkit refuses": (call) => {
    if (call.procedure === AUTH_LIST) return [message(call, u32(1, 2))];
    return call.procedure === AUTH_POLKIT
      ? [failure(call, 45, "authentication failed: access denied by policy")]
      : [failure(call, 39, "authentication required")];
  },
  "no driver": (call) =>
    call.procedure === OPEN ? [failure(call, 5, "no connection driver available for qemu:///system")] : undefined,
  keepalive: (call, answer) => [message(call, u32(), { program: KEEPALIVE, procedure: 1, serial: 0 }), ...answer()],
  "no descriptions": (call) =>
    call.procedure === DOMAIN_XML ? [failure(call, 42, "Domain not found: no domain with matching uuid")] : undefined,
};

/**
 * @param {string} path of the socket
 * @param {{ domains?: number }} options how many machines it has
 */
export async function startFakeLibvirtd(path, { domains = 1 } = {}) {
  const server = {
    domains: Array.from({ length: domains }, (_, i) => createDomain(i + 1)),
    /** One of `faults`, or empty. */
    fault: "",
    /** Procedures that were called. */
    calls: [],
    /** Names of machines that hang: the first call for statistics waits for them, later ones pass them by. */
    stuck: new Set(),
    pongs: 0,
    connections: 0,
    /** Messages that were held back for machines that hung, sent now. */
    release() {
      for (const send of waiting.splice(0)) send();
    },
    stop,
  };
  const waiting = [];
  const sockets = new Set();
  const waitedFor = new Set();
  let encoded = { domains: undefined, body: Buffer.alloc(0) };

  function allStats() {
    // Encoding takes far longer than sending; what is measured is the client.
    if (encoded.domains !== server.domains || waitedFor.size > 0) {
      const told = server.domains.map((domain) => (waitedFor.has(domain.name) ? withoutQemu(domain) : domain));
      encoded = {
        domains: waitedFor.size > 0 ? undefined : server.domains,
        body: Buffer.concat([u32(told.length), ...told.map(record)]),
      };
    }
    return encoded.body;
  }

  function answer(call) {
    switch (call.procedure) {
      case OPEN:
        return [message(call, u32())];
      case AUTH_LIST:
        return [message(call, u32(1, 0))];
      case AUTH_POLKIT:
        return [message(call, u32(1))];
      case ALL_STATS:
        return [message(call, allStats())];
      case DOMAIN_XML: {
        const nameLength = call.body.readUInt32BE(0);
        const at = 4 + nameLength + ((4 - (nameLength % 4)) % 4);
        const uuid = call.body.subarray(at, at + 16).toString("hex");
        const domain = server.domains.find((candidate) => candidate.uuid.replaceAll("-", "") === uuid);
        return domain ? [message(call, string(domain.xml))] : [failure(call, 42, "Domain not found")];
      }
      default:
        return [failure(call, 39, `unknown procedure: ${call.procedure}`)];
    }
  }

  function serve(socket, call) {
    server.calls.push(call.procedure);
    if (call.program === KEEPALIVE) {
      server.pongs += call.procedure === 2 ? 1 : 0;
      return;
    }
    const fresh = [...server.stuck].filter((name) => !waitedFor.has(name));
    if (call.procedure === ALL_STATS && fresh.length > 0) {
      for (const name of fresh) waitedFor.add(name);
      const late = answer(call);
      waiting.push(() => send(socket, late));
      return;
    }
    send(socket, faults[server.fault]?.(call, () => answer(call), socket) ?? answer(call));
  }

  function send(socket, parts) {
    for (const part of parts) if (!socket.destroyed) socket.write(part);
  }

  const listening = createServer((socket) => {
    server.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let held = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= held.readUInt32BE(0)) {
        const length = held.readUInt32BE(0);
        const [program, , procedure, , serial] = [4, 8, 12, 16, 20].map((at) => held.readUInt32BE(at));
        serve(socket, { program, procedure, serial, body: held.subarray(28, length) });
        held = held.subarray(length);
      }
    });
  });

  async function stop() {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listening.close(resolve));
  }
  rmSync(path, { force: true });
  await new Promise((resolve) => listening.listen(path, resolve));
  return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path, domains = "1"] = process.argv;
  await startFakeLibvirtd(path, { domains: Number(domains) });
  console.log("ready");
}
