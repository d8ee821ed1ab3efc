import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerError } from "../../src/kernel/host.ts";
import { createHttpClient, type HttpAnswer, type TlsOptions } from "../../src/kernel/http.ts";
import { type Certificate, makeCertificates } from "../support/certificates.mjs";

const directory = mkdtempSync(join(tmpdir(), "virtloss-http-"));
const certificates = makeCertificates(directory);
const ca = readFileSync(certificates.caFile, "utf8");
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(directory, { recursive: true });
});

const hello: RequestListener = (request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () =>
    response.end(`${request.method} ${request.url} ${request.headers["accept-encoding"]} ${body}`),
  );
};

async function serve(listener: RequestListener, certificate?: Certificate): Promise<{ url: string; server: Server }> {
  const server: Server = certificate ? createServer({ ...certificate }, listener) : createHttpServer(listener);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `${certificate ? "https" : "http"}://127.0.0.1:${port}`, server };
}

async function textOf({ body }: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function ask(
  url: string,
  tls: Partial<TlsOptions> = {},
  { deadlineMs = 5000, maxBytes = 1000, signal = new AbortController().signal } = {},
) {
  const client = createHttpClient({ insecureSkipVerify: false, ...tls });
  try {
    const answer = await client.ask({ method: "POST", url, body: "bödy", deadlineMs, maxBytes }, signal);
    return { status: answer.status, text: await textOf(answer) };
  } finally {
    client.close();
  }
}

async function problemOf(attempt: Promise<unknown>): Promise<ServerError> {
  const error = await attempt.then(
    () => new Error("it worked"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ServerError) return error;
  throw error;
}

test("a server that its authority vouches for is asked, and nothing packed is asked for", async () => {
  const { url } = await serve(hello, certificates.good);

  expect(await ask(`${url}/x`, { ca })).toEqual({ status: 200, text: "POST /x identity bödy" });
});

test.each([
  ["an authority that nobody trusts", "unknownAuthority", /not trusted/],
  ["no authority", "selfSigned", /not trusted/],
  ["another host", "wrongHost", /for another host/],
  ["a time that is over", "expired", /has expired/],
] as const)("a certificate of %s is refused with its fingerprint and what to set", async (_, name, reason) => {
  const { url } = await serve(hello, certificates[name]);
  const { reason: kind, message } = await problemOf(ask(url, { ca }));

  expect(kind).toBe("certificate");
  expect(message).toMatch(reason);
  expect(message).toMatch(/SHA-256 fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2}/);
  expect(message).toMatch(/tls\.ca_file.*tls\.server_name.*tls\.insecure_skip_verify/s);
  expect((await ask(url, { insecureSkipVerify: true })).status).toBe(200);
});

test("a certificate for another name is accepted under that name", async () => {
  const { url } = await serve(hello, certificates.wrongHost);
  const { message } = await problemOf(ask(url, { ca }));
  const serverName = /one for (?:DNS:)?([\w.-]+)/.exec(message)?.[1] ?? "";

  expect((await ask(url, { ca, serverName })).status).toBe(200);
});

test.each([
  ["nobody listens", "http://127.0.0.1:9", /nothing listens/],
  ["the name does not exist", "http://nothing.invalid", /does not resolve|no name server/],
])("%s: unreachable", async (_, url, message) => {
  const problem = await problemOf(ask(url));

  expect(problem.reason).toBe("unreachable");
  expect(problem.message).toMatch(message);
});

test("a server that does not answer, or answers a byte at a time, is given up at the deadline", async () => {
  const silent = await serve(() => undefined);
  const slow = await serve((_, response) => {
    const drip = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(drip));
  });
  for (const { url } of [silent, slow]) {
    const startedMs = performance.now();
    const problem = await problemOf(ask(url, {}, { deadlineMs: 300 }));

    expect(problem.message).toMatch(/no whole answer within the timeout/);
    expect(performance.now() - startedMs).toBeLessThan(3000);
  }
});

test("whoever asked can give up before the deadline", async () => {
  const { url } = await serve(() => undefined);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);

  expect((await problemOf(ask(url, {}, { signal: stop.signal }))).reason).toBe("unreachable");
  expect((await problemOf(ask(url, {}, { signal: AbortSignal.abort() }))).reason).toBe("unreachable");
});

test("an answer that is too large, packed, cut off or no HTTP is none", async () => {
  const large = await serve((_, response) => response.end("x".repeat(2000)));
  const packed = await serve((_, response) => response.setHeader("Content-Encoding", "gzip").end("x"));
  const cut = await serve((_, response) => {
    response.writeHead(200, { "Content-Length": 100 }).write("half");
    setTimeout(() => response.destroy(), 50);
  });

  expect((await problemOf(ask(large.url))).message).toMatch(/larger than/);
  expect((await problemOf(ask(packed.url))).message).toMatch(/packed \(gzip\)/);
  expect((await problemOf(ask(cut.url))).message).toMatch(/closed the connection before/);
  const { url } = await serve(hello, certificates.good);
  expect((await problemOf(ask(url.replace("https", "http")))).reason).toMatch(/answer|unreachable/);
});

test("a redirect is not followed", async () => {
  const { url } = await serve((_, response) => response.writeHead(302, { Location: "http://127.0.0.1:9/" }).end());

  expect((await ask(url)).status).toBe(302);
});

test("connections are kept, and one that the server has closed meanwhile is opened again", async () => {
  const { url, server } = await serve(hello);
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  const client = createHttpClient({ insecureSkipVerify: false });
  const get = async () =>
    textOf(await client.ask({ method: "GET", url, deadlineMs: 5000, maxBytes: 1000 }, new AbortController().signal));

  await get();
  await get();
  expect(connections).toBe(1);
  server.closeAllConnections();
  expect(await get()).toMatch(/^GET/);
  expect(connections).toBe(2);
  client.close();
});
