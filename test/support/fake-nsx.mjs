import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";

/** Answers of NSX's policy API as its public SDKs (vmware/vsphere-automation-sdk-go, services/nsxt) describe them. */

const POLICY = "/policy/api/v1";
const REFUSED = {
  module_name: "common-services",
  error_message: "The credentials were incorrect or the account specified has been locked.",
  error_code: 403,
};
const FORBIDDEN = {
  module_name: "policy",
  error_message: "User is not permitted to perform this operation.",
  error_code: 289,
};

/** Lists that are no single folder below their path. */
const gathered = {
  "/infra/flood-protection-profiles": /^\/infra\/flood-protection-profiles\/[^/]+$/,
  "/infra/domains/firewall-flood-protection-profile-binding-maps":
    /^\/infra\/domains\/[^/]+\/groups\/[^/]+\/firewall-flood-protection-profile-binding-maps\/[^/]+$/,
};

function send(response, status, body, headers = {}) {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length, ...headers });
  response.end(bytes);
}

function page(objects, url, withTotal) {
  const size = Number(url.searchParams.get("page_size") ?? 1000);
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const results = objects.slice(from, from + size);
  const isLast = from + size >= objects.length;
  // Search has a cursor on its last page too.
  const cursor = isLast && !withTotal ? {} : { cursor: String(Math.min(from + size, objects.length)) };
  return { results, ...cursor, ...(from === 0 && { result_count: objects.length }) };
}

function search(objects, query) {
  const types = [...query.matchAll(/resource_type:(\w+)/g)].map(([, type]) => type.toLowerCase());
  const actions = [...query.matchAll(/action:(\w+)/g)].map(([, action]) => action);
  return objects.filter(
    (one) =>
      types.includes(String(one?.resource_type).toLowerCase()) &&
      (actions.length === 0 || actions.includes(one.action)),
  );
}

/** @param {import("./fake-nsx.d.mts").FakeNsxOptions} options */
export async function startFakeNsx({ certificate, password = "right", version = "4.2.1.0.0.24304122" }) {
  const sessions = new Map();
  const nsx = {
    url: "",
    password,
    objects: [],
    statistics: new Map(),
    faults: new Map(),
    expiredStatus: 401,
    logins: [],
    logouts: 0,
    asked: [],
    open: 0,
    mostOpen: 0,
    expire: () => sessions.clear(),
    get sessions() {
      return sessions.size;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  function answer(url) {
    const path = decodeURIComponent(url.pathname);
    if (path === "/api/v1/node/version") return { node_version: version, product_version: version };
    if (!path.startsWith(POLICY)) return undefined;
    const policyPath = path.slice(POLICY.length);
    if (policyPath === "/search/query")
      return page(search(nsx.objects, url.searchParams.get("query") ?? ""), url, true);
    const owner = policyPath.replace(/\/statistics$/, "");
    if (owner !== policyPath) return nsx.statistics.get(owner);
    const one = nsx.objects.find((object) => object?.path === policyPath);
    if (one) return one;
    const inList = gathered[policyPath] ?? new RegExp(`^${policyPath.replace(/[.*+?^$()|[\]\\]/g, "\\$&")}/[^/]+$`);
    return page(
      nsx.objects.filter((object) => inList.test(String(object?.path))),
      url,
      false,
    );
  }

  function create(response, body) {
    const form = new URLSearchParams(body);
    const isRight = form.get("j_username") === "monitor" && form.get("j_password") === nsx.password;
    nsx.logins.push(isRight);
    if (!isRight) return send(response, 403, REFUSED);
    const id = randomBytes(16).toString("hex");
    const token = randomBytes(16).toString("hex");
    sessions.set(id, token);
    const headers = { "Set-Cookie": `JSESSIONID=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`, "X-XSRF-TOKEN": token };
    return send(response, 200, "", headers);
  }

  function broken(response, fault) {
    if (typeof fault === "number") return send(response, fault, FORBIDDEN);
    if (typeof fault === "object") return setTimeout(() => send(response, fault.status, FORBIDDEN), fault.afterMs);
    if (fault === "hang") return undefined;
    if (fault === "half") {
      response.writeHead(200, { "Content-Length": 10_000 });
      response.write('{"results": [{"path": "/infra/segments/a", "displ');
      return setTimeout(() => response.destroy(), 20);
    }
    if (fault === "huge") {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write('{"results": [');
      const piece = `${'{"path": "/infra/segments/a"},'.repeat(30_000)}\n`;
      for (let bytes = 0; bytes < 50 * 1024 * 1024; bytes += piece.length) response.write(piece);
      return response.end("{}]}");
    }
    return send(response, 200, fault);
  }

  function serve(request, response, body) {
    const url = new URL(request.url, nsx.url);
    const fault = [...nsx.faults].find(([start]) => decodeURIComponent(request.url).startsWith(start))?.[1];
    if (url.pathname === "/api/session/create") return fault ? broken(response, fault) : create(response, body);
    const id = /JSESSIONID=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
    if (!sessions.has(id)) return send(response, nsx.expiredStatus, REFUSED);
    if (sessions.get(id) !== request.headers["x-xsrf-token"]) return send(response, 403, REFUSED);
    if (url.pathname === "/api/session/destroy") {
      sessions.delete(id);
      nsx.logouts++;
      return send(response, 200, "");
    }
    nsx.asked.push(decodeURIComponent(request.url));
    if (fault !== undefined) return broken(response, fault);
    const found = answer(url);
    return found === undefined ? send(response, 404, { error_code: 404 }) : send(response, 200, found);
  }

  const server = createServer(certificate, (request, response) => {
    nsx.open++;
    nsx.mostOpen = Math.max(nsx.mostOpen, nsx.open);
    response.on("close", () => nsx.open--);
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => serve(request, response, Buffer.concat(chunks).toString()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  nsx.url = `https://127.0.0.1:${server.address().port}`;
  return nsx;
}
