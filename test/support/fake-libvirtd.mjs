/**
 * A libvirtd that speaks libvirt's remote protocol as libvirt 9.0 does, over domains made of real captures, and misbehaves on
 * demand. It shares no code with the client that it is used against.
 *
 *     node test/support/fake-libvirtd.mjs SOCKET DOMAINS
 */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { createDomain, withoutQemu } from "./fake-libvirtd-domains.mjs";
import { faults } from "./fake-libvirtd-faults.mjs";
import {
  ALL_STATS,
  AUTH_LIST,
  AUTH_POLKIT,
  DOMAIN_INFO,
  DOMAIN_XML,
  failure,
  INTERFACE_STATS,
  KEEPALIVE,
  LIST_DOMAINS,
  LOOKUP_BY_ID,
  message,
  OPEN,
  record,
  reference,
  string,
  u32,
  u64,
} from "./fake-libvirtd-messages.mjs";

export { createDomain, statsOf } from "./fake-libvirtd-domains.mjs";

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
    /** Connections that are open now. */
    get open() {
      return sockets.size;
    },
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
      case LIST_DOMAINS:
        return [message(call, u32(server.domains.length, ...server.domains.map(({ id }) => id)))];
      case LOOKUP_BY_ID:
        return [message(call, reference(server.domains.find(({ id }) => id === call.body.readUInt32BE(0))))];
      case DOMAIN_INFO:
        return [message(call, Buffer.concat([u32(1), u64(524288), u64(524288), u32(2), u64(33e8)]))];
      case INTERFACE_STATS:
        return [message(call, Buffer.concat(Array.from({ length: 8 }, () => u64(0))))];
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
