/**
 * A vCenter that speaks vim25 over HTTPS as vCenter 8 writes it, over an inventory and performance samples that a test gives,
 * and misbehaves on demand. It shares no code with the client that it is used against. fake-vcenter.md tells how to use it, and
 * which of its shapes rest on what.
 *
 *     node test/support/fake-vcenter.mjs DIRECTORY VMS
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import { fileURLToPath } from "node:url";

import { makeCertificates } from "./certificates.mjs";
import { serviceContent } from "./fake-vcenter-content.mjs";
import { createEvents } from "./fake-vcenter-events.mjs";
import { largeInventory, smallInventory } from "./fake-vcenter-examples.mjs";
import { faults, reply } from "./fake-vcenter-faults.mjs";
import { managedObjects } from "./fake-vcenter-inventory.mjs";
import { createPerformance, isoTime } from "./fake-vcenter-performance.mjs";
import { createSession } from "./fake-vcenter-session.mjs";
import {
  answerTo,
  element,
  faultAnswer,
  notAuthenticated,
  readRequest,
  textOf,
  vimFault,
} from "./fake-vcenter-xml.mjs";

const COOKIE = "vmware_soap_session";

/**
 * @param {{ key: string, cert: string }} certificate
 * @param {{ inventory?: object, username?: string, password?: string, now?: () => number }} options
 */
export async function startFakeVcenter(certificate, options = {}) {
  const sessions = new Map();
  const sockets = new Set();
  const active = new Map();
  const wakers = new Set();
  let built;
  let revision = 0;
  let failures = [];

  const vcenter = {
    inventory: options.inventory ?? smallInventory(),
    username: options.username ?? "reader@vsphere.local",
    password: options.password ?? "secret",
    performance: createPerformance(),
    events: createEvents(),
    now: options.now ?? Date.now,
    /** Machines that are gone while nobody was told yet: asking for their samples fails, with all that was asked with them. */
    vanished: new Set(),

    /** Names of the calls that were made, in order. */
    calls: [],
    /** The most calls of one name that were answered at the same time. */
    peak: {},
    /** Whether each login was let in. */
    logins: [],
    connections: 0,
    /** Hears of each answer that is given without a fault of `fail`. */
    onAnswer: undefined,
    /** What the sessions hold on the server. */
    held: () => [...sessions.values()].map((session) => session.held()),

    /** After a change of `inventory`. */
    changed() {
      revision += 1;
      for (const wake of wakers) wake();
    },
    expireSessions() {
      sessions.clear();
    },
    /**
     * @param {string} fault one of those in fake-vcenter-faults.mjs
     * @param {{ on?: string, after?: number, times?: number, argument?: unknown }} when the call it strikes (any), how many of
     *   them it lets pass, how many it strikes (all)
     */
    fail(fault, { on, after = 0, times = Number.POSITIVE_INFINITY, argument } = {}) {
      if (!faults[fault]) throw new Error(`no such fault: ${fault}`);
      failures.push({ fault, on, after, times, argument });
    },
    heal() {
      failures = [];
    },
    /** As a restart of its service: nothing is kept, every counter has another id. */
    forgetAll() {
      sessions.clear();
      vcenter.performance.renumber();
      for (const socket of sockets) socket.destroy();
    },
    async down() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    up: () => listen(port),
    useCertificate(another) {
      server.setSecureContext(another);
      for (const socket of sockets) socket.destroy();
    },
    stop: () => (server.listening ? vcenter.down() : undefined),
  };

  const world = {
    world() {
      if (built?.revision !== revision) {
        built = { revision, inventory: vcenter.inventory, objects: managedObjects(vcenter.inventory) };
      }
      return built;
    },
    changeOrTimeout(milliseconds) {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          wakers.delete(done);
          resolve();
        };
        const timer = setTimeout(done, milliseconds).unref();
        wakers.add(done);
      });
    },
    now: () => vcenter.now(),
    changed: () => vcenter.changed(),
    get performance() {
      return vcenter.performance;
    },
    get events() {
      return vcenter.events;
    },
    get vanished() {
      return vcenter.vanished;
    },
  };

  function login({ body }, response) {
    const right = textOf(body, "userName") === vcenter.username && textOf(body, "password") === vcenter.password;
    vcenter.logins.push(right);
    const cookie = randomBytes(20).toString("hex");
    response.setHeader("set-cookie", `${COOKIE}="${cookie}"; Path=/; HttpOnly; Secure;`);
    if (!right) {
      throw vimFault("InvalidLogin", "Cannot complete login due to an incorrect user name or password.");
    }
    const session = createSession(world);
    sessions.set(cookie, session);
    const time = isoTime(vcenter.now());
    const user = {
      key: session.key,
      userName: vcenter.username,
      fullName: vcenter.username,
      loginTime: time,
      lastActiveTime: time,
    };
    return element("returnval", { ...user, locale: "en", messageLocale: "en", extensionSession: false, callCount: 0 });
  }

  async function contentOf(call, cookie, response) {
    if (call.method === "RetrieveServiceContent") {
      return serviceContent({ ...vcenter.inventory.about, instanceUuid: "61f12cb6-9de0-40cb-9c47-61d494229f4f" });
    }
    if (call.method === "Login") return login(call, response);
    const session = sessions.get(cookie);
    if (!session) throw notAuthenticated();
    if (call.method === "Logout") {
      sessions.delete(cookie);
      return "";
    }
    const method = session.methods[call.method];
    if (!method) throw vimFault("NotSupported", `The operation is not supported on the object: ${call.method}`);
    return method(call);
  }

  async function answerOf(call, cookie, response) {
    try {
      return { status: 200, text: answerTo(call.method, await contentOf(call, cookie, response)) };
    } catch (error) {
      if (!error.fault) throw error;
      return { status: 500, text: faultAnswer(error.fault) };
    }
  }

  function strike(method) {
    for (const failure of failures) {
      if (failure.on !== undefined && failure.on !== method) continue;
      if (failure.after > 0) {
        failure.after -= 1;
        continue;
      }
      if (failure.times <= 0) continue;
      failure.times -= 1;
      return failure;
    }
    return undefined;
  }

  async function serve(request, response, text) {
    const call = readRequest(text);
    const cookie = new RegExp(`${COOKIE}="?([^";]+)`).exec(request.headers.cookie ?? "")?.[1];
    vcenter.calls.push(call.method);
    const now = (active.get(call.method) ?? 0) + 1;
    active.set(call.method, now);
    vcenter.peak[call.method] = Math.max(vcenter.peak[call.method] ?? 0, now);
    response.once("close", () => active.set(call.method, active.get(call.method) - 1));

    const respond = async () => {
      const answer = await answerOf(call, cookie, response);
      vcenter.onAnswer?.(call.method, answer.text);
      if (!response.destroyed) reply(response, answer.text, answer.status);
    };
    const failure = strike(call.method);
    if (!failure) return respond();
    return faults[failure.fault]({
      response,
      tcp: [...sockets].find(({ remotePort }) => remotePort === request.socket.remotePort),
      argument: failure.argument,
      respond,
      answer: async () => (await answerOf(call, cookie, response)).text,
      expire: () => sessions.delete(cookie),
    });
  }

  const server = createServer(certificate, (request, response) => {
    const chunks = [];
    response.on("error", () => response.destroy());
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      serve(request, response, Buffer.concat(chunks).toString()).catch((error) => {
        console.error(error);
        if (!response.headersSent) reply(response, String(error), 400);
      });
    });
  });
  server.on("connection", (socket) => {
    vcenter.connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });

  function listen(at) {
    return new Promise((resolve, reject) => server.once("error", reject).listen(at, "127.0.0.1", resolve));
  }
  await listen(0);
  const { port } = server.address();
  vcenter.url = `https://127.0.0.1:${port}/sdk`;
  return vcenter;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , directory, vms = "100"] = process.argv;
  const certificates = makeCertificates(directory);
  const { url } = await startFakeVcenter(certificates.good, { inventory: largeInventory(Number(vms)) });
  console.log(JSON.stringify({ url, caFile: certificates.caFile }));
  process.stdin.resume().once("end", () => process.exit());
}
