import { connect, type Socket } from "node:net";
import { CannotListenError, listen } from "../../src/http/server.ts";
import { type Serving, sendRaw, serveParts } from "./serving.ts";

const silent = { error: () => undefined };
const servers: Serving[] = [];
const sockets: Socket[] = [];

async function start(...args: Parameters<typeof serveParts>): Promise<Serving> {
  const serving = await serveParts(...args);
  servers.push(serving);
  return serving;
}

function openSocket(port: number, bytes = ""): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(bytes);
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", reject);
    sockets.push(socket);
  });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((s) => s.close(100)));
});

describe("an address that cannot be had", () => {
  const app = (): void => undefined;

  test("a port in use is named, with what to do", async () => {
    const { port } = await start();

    const failure = listen(app, { host: "127.0.0.1", port }, silent);

    await expect(failure).rejects.toThrow(CannotListenError);
    await expect(failure).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is in use by another process; stop that one, or choose another port with --listen`,
    );
  });

  test("an address of another machine is told as that", async () => {
    await expect(listen(app, { host: "192.0.2.1", port: 0 }, silent)).rejects.toThrow(
      "cannot listen on 192.0.2.1:0: this machine has no such address",
    );
  });

  test("a port that is no port is refused in the same words", async () => {
    await expect(listen(app, { host: "::1", port: 70_000 }, silent)).rejects.toThrow(
      "cannot listen on [::1]:70000: a port is a number from 0 to 65535",
    );
  });

  test("an empty host listens on all addresses and shows one that can be followed", async () => {
    const everywhere = await listen(app, { host: "", port: 0 }, silent);

    expect(everywhere.url).toBe(`http://localhost:${everywhere.port}`);
    await everywhere.close();
  });
});

describe("malformed requests", () => {
  test.each([
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"],
    ["an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "400"],
    ["no host", "GET / HTTP/1.1\r\n\r\n", "400"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"],
    [
      "a length beside chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400",
    ],
    ["headers of 64 KiB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(65_536)}\r\n\r\n`, "431"],
  ])("%s is answered and the server goes on", async (_what, bytes, status) => {
    const { port, url } = await start();

    const answer = await sendRaw(port, bytes);

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  });

  test("ten thousand mutilated requests end nothing", async () => {
    const { port, url, logged } = await start();
    const whole = "GET /metrics?x=%41 HTTP/1.1\r\nHost: a\r\nAccept: text/plain;q=0.5\r\nAccept-Encoding: gzip\r\n\r\n";
    // Numerical Recipes' generator: the same mutilations in every run.
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };

    for (let batch = 0; batch < 100; batch += 1) {
      const requests = Array.from({ length: 100 }, () => {
        const bytes = Buffer.from(whole);
        for (let i = random(6); i >= 0; i -= 1) bytes[random(bytes.length)] = random(256);
        return bytes.subarray(0, 1 + random(bytes.length));
      });
      await Promise.all(requests.map((bytes) => sendRaw(port, bytes, 200)));
    }

    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    expect(logged).toEqual([]);
  }, 120_000);
});

test("three hundred silent sockets do not keep a scrape out", async () => {
  const { port, url } = await start();
  const idle = await Promise.all(Array.from({ length: 300 }, (_, i) => openSocket(port, i % 2 ? "GET / HT" : "")));

  const started = performance.now();
  const res = await fetch(`${url}/metrics`);
  await new Promise((resolve) => setTimeout(resolve, 50));

  expect(res.status).toBe(200);
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(idle.filter((socket) => socket.destroyed).length).toBeGreaterThanOrEqual(44);
});

test("a connection that has a request under way is never the one to go", async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { port, url } = await start({
    async *render() {
      await gate;
      yield "x 1\n";
    },
  });

  const scrape = fetch(`${url}/metrics`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await Promise.all(Array.from({ length: 300 }, () => openSocket(port)));
  release();

  expect(await (await scrape).text()).toBe("x 1\n");
});

test("a request whose headers never end is cut off after five seconds", async () => {
  const { port } = await start();
  const socket = await openSocket(port, "GET / HTTP/1.1\r\nHost: a\r\n");
  const started = performance.now();

  const answer = await new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
    socket.on("end", () => socket.end());
  });

  const seconds = (performance.now() - started) / 1_000;
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(seconds).toBeGreaterThan(4);
  expect(seconds).toBeLessThan(8);
});

describe("closing", () => {
  test("what is under way is finished, idle connections are closed, new ones refused", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port, url, close } = await start({
      async *render() {
        await gate;
        yield "x 1\n";
      },
    });
    const idle = await openSocket(port);
    const scrape = fetch(`${url}/metrics`);
    await new Promise((resolve) => setTimeout(resolve, 50));

    const closed = close();
    await new Promise((resolve) => idle.once("close", resolve));
    await expect(openSocket(port)).rejects.toThrow("ECONNREFUSED");
    release();

    expect(await (await scrape).text()).toBe("x 1\n");
    await closed;
  });

  test("a request that does not end is cut off at the deadline", async () => {
    const { url, close } = await start({
      async *render() {
        yield await new Promise<string>(() => undefined);
      },
    });
    const scrape = fetch(`${url}/metrics`);
    const failed = expect(scrape).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 50));

    const started = performance.now();
    await close(200);

    expect(performance.now() - started).toBeLessThan(1_000);
    await failed;
  });
});
