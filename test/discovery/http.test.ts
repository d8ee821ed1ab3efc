import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { PathUrl } from "../../src/config/discovery.ts";
import { realFiles } from "../../src/config/files.ts";
import { askUrl } from "../../src/discovery/http.ts";
import { SourceProblem } from "../../src/discovery/problem.ts";
import { type SdServer, sending, startSdServer } from "../support/sd-server.ts";

const json = { "Content-Type": "application/json" };
let directory: string;
let sd: SdServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-sd-"));
  sd = await startSdServer();
});

afterEach(async () => {
  await sd.close();
  rmSync(directory, { recursive: true });
});

function source(settings: Partial<PathUrl> = {}): PathUrl {
  return {
    label: "sd",
    url: `${sd.origin}/paths?token=s3cret`,
    refreshSeconds: 60,
    timeoutSeconds: 5,
    labels: {},
    login: undefined,
    tls: { caFile: undefined, insecureSkipVerify: false },
    ...settings,
  };
}

function ask(settings?: Partial<PathUrl>, signal = new AbortController().signal): Promise<string> {
  return askUrl(source(settings), realFiles, signal);
}

/** Why a question failed; the message is for logs and pages. */
async function problemOf(settings?: Partial<PathUrl>): Promise<string> {
  const error = await ask(settings).catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceProblem)) throw new Error(`expected a SourceProblem, got ${String(error)}`);
  expect(error.message).not.toContain("s3cret");
  return error.message;
}

function write(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

describe("a question", () => {
  test("is the one that Prometheus asks", async () => {
    sd.answer = sending('[{"targets": []}]', { "Content-Type": 'application/json; charset="utf-8"' });

    expect(await ask({ refreshSeconds: 90 })).toBe('[{"targets": []}]');
    expect(sd.requests).toEqual([
      {
        url: "/paths?token=s3cret",
        headers: expect.objectContaining({
          accept: "application/json",
          "x-prometheus-refresh-interval-seconds": "90",
          "user-agent": expect.stringMatching(/^virtloss\/\d/),
        }),
      },
    ]);
    expect(sd.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("carries a login from files that are read anew each time", async () => {
    const passwordFile = write("password", "s3cret one\n");
    const login = { username: "u", passwordFile };
    await ask({ login });
    write("password", "s3cret two\n");
    await ask({ login });
    await ask({ login: { authorizationFile: write("token", "Bearer s3cret\n") } });

    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(sd.requests.map(({ headers }) => headers.authorization)).toEqual([
      basic("u:s3cret one"),
      basic("u:s3cret two"),
      "Bearer s3cret",
    ]);
  });

  test.each([
    [{ username: "u", passwordFile: "/none/s" }, "password_file /none/s: no such file"],
    [{ authorizationFile: "/none/s" }, "authorization_file /none/s: no such file"],
  ])("is not asked without its login", async (login, message) => {
    expect(await problemOf({ login })).toBe(message);
    expect(sd.requests).toEqual([]);
  });

  test("is not asked with a login of two lines, which would be another header", async () => {
    const login = { authorizationFile: write("token", "Bearer s3cret\r\nHost: evil\n") };

    expect(await problemOf({ login })).toBe("authorization_file has to hold one line of ASCII, such as: Bearer TOKEN");
  });

  test("ends with its signal, and leaves no connection", async () => {
    sd.answer = () => undefined;
    const stop = new AbortController();
    const asked = ask({}, stop.signal).catch((error: unknown) => error);
    while (sd.requests.length === 0) await sleep(10);
    stop.abort();

    expect(await asked).toBeInstanceOf(SourceProblem);
    await sleep(100);
    expect(sd.connections.size).toBe(0);
  });
});

describe("an answer", () => {
  test("may be packed", async () => {
    sd.answer = sending(gzipSync("[]"), { ...json, "Content-Encoding": "gzip" });

    expect(await ask()).toBe("[]");
  });

  test.each<[string, RequestListener, string]>([
    ["of status 500", sending("s3cret", json, 500), "it answers with status 500; expected 200: its log says why"],
    ["of status 404", sending("", json, 404), "it answers with status 404; expected 200: is the URL right?"],
    ["of status 401", sending("", json, 401), "it answers with status 401; expected 200: it wants another login"],
    ["of status 204", sending("", json, 204), "it answers with status 204; expected 200: its log says why"],
    [
      "of another type",
      sending("[]", { "Content-Type": "text/html" }),
      "its answer is not application/json: is this the URL of a service discovery?",
    ],
    [
      "without a type",
      sending("[]", {}),
      "its answer is not application/json: is this the URL of a service discovery?",
    ],
    ["that is not UTF-8", sending(new Uint8Array([0x22, 0xff, 0x22])), "its answer is not UTF-8 text"],
    [
      "that is said to be gzip and is not",
      sending("[]", { ...json, "Content-Encoding": "gzip" }),
      "its answer is said to be gzip and is not: mend the server",
    ],
    [
      "that is packed in another way",
      sending("[]", { ...json, "Content-Encoding": "br" }),
      "its answer is packed, though not as gzip",
    ],
    [
      "that is cut while it is packed",
      sending(gzipSync("[]").subarray(0, 12), { ...json, "Content-Encoding": "gzip" }),
      "the server closed the connection before its answer was whole: its log says why",
    ],
    [
      "that is said to be 1 GiB",
      (_request, response) => response.writeHead(200, { ...json, "Content-Length": String(2 ** 30) }).write("["),
      "its answer is larger than 16 MiB: spread the paths over several URLs",
    ],
    [
      "whose connection is reset before it",
      (request) => request.socket.resetAndDestroy(),
      "the server closed the connection before its answer was whole: its log says why",
    ],
    [
      "whose connection is reset within it",
      (request, response) => {
        response.writeHead(200, json).write("[", () => request.socket.resetAndDestroy());
      },
      "the server closed the connection before its answer was whole: its log says why",
    ],
    [
      "that is shorter than it says",
      (request, response) => {
        response.writeHead(200, { ...json, "Content-Length": "10" }).write("[", () => request.socket.end());
      },
      "the server closed the connection before its answer was whole: its log says why",
    ],
  ])("%s is a problem with its remedy", async (_what, answer, message) => {
    sd.answer = answer;

    expect(await problemOf()).toBe(message);
  });

  const late = "no whole answer within the timeout: look at the server, or raise timeout";

  test.each<[string, RequestListener]>([
    ["that never comes", () => undefined],
    ["that never ends", (_request, response) => response.writeHead(200, json).write("[")],
    ["of one byte a second", (_request, response) => dribble(response)],
  ])("%s is given up at the timeout, and its connection closed", async (_what, answer) => {
    sd.answer = answer;
    const started = performance.now();

    expect(await problemOf({ timeoutSeconds: 1.2 })).toBe(late);
    expect(performance.now() - started).toBeLessThan(3000);
    await sleep(100);
    expect(sd.connections.size).toBe(0);
  });

  test("of 1 GiB is left where 16 MiB were read", async () => {
    let written = 0;
    sd.answer = (_request, response) => {
      response.writeHead(200, json);
      const mebibyte = Buffer.alloc(2 ** 20, " ");
      const more = () => {
        while (written < 1024 && !response.destroyed) {
          written++;
          if (!response.write(mebibyte)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    };

    expect(await problemOf()).toContain("larger than 16 MiB");
    expect(written).toBeLessThan(64);
  });

  test("of 1 GiB in 1 MiB of gzip is left where 16 MiB were unpacked", async () => {
    const bomb = Buffer.concat(Array(16).fill(gzipSync(Buffer.alloc(2 ** 26))));
    sd.answer = sending(bomb, { ...json, "Content-Encoding": "gzip" });
    const before = process.memoryUsage.rss();

    expect(await problemOf()).toContain("larger than 16 MiB");
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(200);
  });
});

describe("a redirect", () => {
  const to = (location: string): RequestListener => sending("", { Location: location }, 302);

  test("is followed on the same host", async () => {
    sd.answer = (request, response) => {
      const answer = request.url === "/there" ? sending("[1]") : to("/there");
      answer(request, response);
    };

    expect(await ask()).toBe("[1]");
  });

  test("to another host or port is refused, and the login does not go there", async () => {
    const other = await startSdServer();
    const login = { authorizationFile: write("token", "Bearer s3cret") };
    sd.answer = to(`${other.origin}/paths`);

    expect(await problemOf({ login })).toBe(
      "it redirects to another host, which is not followed: write the last URL into the configuration",
    );
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test.each([
    ["/again", "it redirects more than 3 times: write the last URL into the configuration"],
    ["http://[", "it redirects to something that is no URL"],
    [
      "file:///etc/passwd",
      "it redirects to another host, which is not followed: write the last URL into the configuration",
    ],
  ])("to %s ends", async (location, message) => {
    sd.answer = to(location);

    expect(await problemOf()).toBe(message);
    expect(sd.requests.length).toBeLessThanOrEqual(4);
  });
});

describe("a server", () => {
  test("that is not there is told", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();

    expect(await problemOf({ url: `http://127.0.0.1:${port}/?s3cret` })).toBe(
      "nothing listens there: start the server, or mend host and port of the URL",
    );
  });

  test("that speaks something else is told", async () => {
    const ssh = createTcpServer((socket) => socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_9.2\r\n"));
    ssh.listen(0, "127.0.0.1");
    await once(ssh, "listening");

    const { port } = ssh.address() as AddressInfo;
    expect(await problemOf({ url: `http://127.0.0.1:${port}/` })).toMatch(/^it does not speak HTTP \(HPE_/);
    expect(await problemOf({ url: `https://127.0.0.1:${port}/` })).toBe("it does not speak TLS: is it an http URL?");
    ssh.close();
  });

  test("is trusted by its certificate, by tls.ca_file, or not asked to show any", async () => {
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const subject = ["-subj", "/CN=sd", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    const secure = await startSdServer({ key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") });
    const url = `${secure.origin}/`;

    expect(await problemOf({ url })).toBe(
      "its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): set tls.ca_file",
    );
    expect(await ask({ url, tls: { caFile: cert, insecureSkipVerify: false } })).toBe("[]");
    expect(await ask({ url, tls: { caFile: undefined, insecureSkipVerify: true } })).toBe("[]");
    expect(
      await problemOf({ url: url.replace("127.0.0.1", "localhost"), tls: { caFile: cert, insecureSkipVerify: false } }),
    ).toBe("its certificate is for another host: use that name in the URL");
    await secure.close();
  });
});

function dribble(response: ServerResponse): void {
  response.writeHead(200, json);
  const timer = setInterval(() => response.write("["), 1000);
  response.on("close", () => clearInterval(timer));
}
