import { get, request } from "node:http";
import { gunzipSync } from "node:zlib";
import { type Serving, sendRaw, serveParts } from "./serving.ts";

let serving: Serving | undefined;

async function start(...args: Parameters<typeof serveParts>): Promise<Serving> {
  serving = await serveParts(...args);
  return serving;
}

afterEach(async () => {
  await serving?.close();
  serving = undefined;
});

/** Without fetch's own decompression. */
function fetchBytes(
  url: string,
  headers: Record<string, string>,
): Promise<{ body: Buffer; encoding: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("end", () => resolve({ body: Buffer.concat(chunks), encoding: res.headers["content-encoding"] }));
    }).on("error", reject);
  });
}

function methodOf(url: string, method: string): Promise<{ status: number | undefined; allow: string | undefined }> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method }, (res) => {
      res.resume();
      res.on("end", () => resolve({ status: res.statusCode, allow: res.headers.allow }));
    });
    req.on("error", reject).end();
  });
}

describe("/metrics", () => {
  test("text goes to curl and OpenMetrics to a scraper that names it", async () => {
    const { url } = await start();

    const text = await fetch(`${url}/metrics`, { headers: { accept: "*/*" } });
    const open = await fetch(`${url}/metrics`, { headers: { accept: "application/openmetrics-text;version=1.0.0" } });

    expect(text.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await text.text()).toBe("# text\n");
    expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(await open.text()).toBe("# openmetrics\n");
    expect(open.headers.get("vary")).toBe("Accept, Accept-Encoding");
  });

  test("gzip is used only where it is accepted", async () => {
    const { url } = await start({
      async *render() {
        yield "virtloss_build_info 1\n".repeat(1_000);
      },
    });

    const zipped = await fetchBytes(`${url}/metrics`, { "accept-encoding": "gzip" });
    const refused = await fetchBytes(`${url}/metrics`, { "accept-encoding": "gzip;q=0, br" });
    const unasked = await fetchBytes(`${url}/metrics`, {});

    expect(zipped.encoding).toBe("gzip");
    expect(zipped.body.length).toBeLessThan(1_000);
    expect(gunzipSync(zipped.body).equals(unasked.body)).toBe(true);
    expect([refused.encoding, unasked.encoding]).toEqual([undefined, undefined]);
  });

  test("forty scrapes at one moment share a render, and the next scrape is fresh", async () => {
    let renders = 0;
    const release: (() => void)[] = [];
    const { url } = await start({
      async *render() {
        renders += 1;
        await new Promise<void>((resolve) => release.push(resolve));
        yield `renders ${renders}\n`;
      },
    });

    const scrapes = Array.from({ length: 40 }, async () => (await fetch(`${url}/metrics`)).text());
    await new Promise((resolve) => setTimeout(resolve, 200));
    release.pop()?.();
    const bodies = new Set(await Promise.all(scrapes));
    const next = fetch(`${url}/metrics`).then((res) => res.text());
    while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    release.pop()?.();

    expect([...bodies]).toEqual(["renders 1\n"]);
    expect(await next).toBe("renders 2\n");
  });

  test("the 65th scrape that would wait is sent away", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { url } = await start({
      async *render() {
        await gate;
        yield "x 1\n";
      },
    });

    const scrapes = Array.from({ length: 65 }, () => fetch(`${url}/metrics`));
    const first = await Promise.race(scrapes);
    release();
    const statuses = (await Promise.all(scrapes)).map((res) => res.status);

    expect(first.status).toBe(503);
    expect(first.headers.get("retry-after")).toBe("1");
    expect(statuses.filter((s) => s === 200)).toHaveLength(64);
  });

  test("a render that fails is one line, a log entry without detail for strangers, and no end of the process", async () => {
    let broken = true;
    const { url, logged } = await start({
      async *render() {
        if (broken) throw new Error("secret detail");
        yield "x 1\n";
      },
    });

    const failed = await fetch(`${url}/metrics`);
    const body = await failed.text();
    broken = false;
    const mended = await fetch(`${url}/metrics`);

    expect(failed.status).toBe(500);
    expect(body).toBe("the metrics cannot be rendered: the log of this exporter says why\n");
    expect(logged.map((l) => l.message)).toEqual(["metrics cannot be rendered"]);
    expect(String(logged[0]?.fields["err"])).toContain("secret detail");
    expect(mended.status).toBe(200);
  });
});

describe("health and readiness", () => {
  test("a healthy exporter that waits for a source is healthy and not ready", async () => {
    const { url } = await start({ ready: () => ({ ready: false, waitingFor: ["libvirt", "path db"] }) });

    const healthy = await fetch(`${url}/-/healthy`);
    const ready = await fetch(`${url}/-/ready`);

    expect([healthy.status, await healthy.text()]).toEqual([200, "healthy\n"]);
    expect([ready.status, await ready.text()]).toEqual([503, "not ready: waiting for libvirt, path db\n"]);
  });

  test("an exporter that cannot work says why", async () => {
    const { url } = await start({ health: () => ({ ok: false, message: "the worker does not answer" }) });

    const res = await fetch(`${url}/-/healthy`);

    expect([res.status, await res.text()]).toEqual([503, "the worker does not answer\n"]);
  });
});

describe("/-/reload", () => {
  test("it is off unless allowed, and says how to allow it", async () => {
    const { url } = await start();

    const res = await fetch(`${url}/-/reload`, { method: "POST" });

    expect(res.status).toBe(403);
    expect(await res.text()).toContain("web.enable_lifecycle");
  });

  test("it reports success, and the text of a bad configuration", async () => {
    const outcomes = [{ ok: true } as const, { ok: false, message: "c.yml:3: unknown key <b>" } as const];
    const { url } = await start({ reload: async () => outcomes.shift() ?? { ok: true } });

    const good = await fetch(`${url}/-/reload`, { method: "POST" });
    const bad = await fetch(`${url}/-/reload`, { method: "POST" });

    expect(good.status).toBe(200);
    expect([bad.status, await bad.text()]).toEqual([
      500,
      "the running configuration stays: c.yml:3: unknown key <b>\n",
    ]);
    expect(bad.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  test("another site's page cannot make a browser reload it", async () => {
    let reloads = 0;
    const { url } = await start({
      reload: async () => {
        reloads += 1;
        return { ok: true };
      },
    });

    const res = await fetch(`${url}/-/reload`, { method: "POST", headers: { origin: "http://evil.example" } });

    expect([res.status, reloads]).toEqual([403, 0]);
  });
});

describe("everything else", () => {
  test("an unknown page lists what exists and repeats nothing of the request", async () => {
    const { url } = await start();

    const res = await fetch(`${url}/<script>alert(1)</script>?q=<b>`);
    const body = await res.text();

    expect(res.status).toBe(404);
    expect(body).toContain("/metrics");
    expect(body).not.toMatch(/script|<b>/);
    expect(res.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  test("HEAD has the headers of GET and no body", async () => {
    const { url } = await start();

    for (const path of ["/", "/metrics", "/-/healthy", "/-/ready"]) {
      const headers = { "accept-encoding": "identity" };
      const head = await fetch(url + path, { method: "HEAD", headers });
      const full = await fetch(url + path, { headers });
      const length = Buffer.byteLength(await full.text());

      expect([head.status, Number(head.headers.get("content-length"))]).toEqual([200, length]);
      expect(await head.text()).toBe("");
    }
  });

  test.each([
    ["/metrics", "POST", "GET, HEAD"],
    ["/", "DELETE", "GET, HEAD"],
    ["/-/healthy", "OPTIONS", "GET, HEAD"],
    ["/-/reload", "GET", "POST"],
  ])("%s refuses %s", async (path, method, allowed) => {
    const { url } = await start();

    expect(await methodOf(url + path, method)).toEqual({ status: 405, allow: allowed });
  });

  test("every answer forbids scripts, framing and guessing of types", async () => {
    const { url } = await start();

    for (const path of ["/", "/metrics", "/nothing"]) {
      const { headers } = await fetch(url + path);

      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.has("x-powered-by")).toBe(false);
    }
  });

  test("a status that fails is told as one line", async () => {
    const { url, logged } = await start({
      status: () => {
        throw new Error("no view");
      },
    });

    const res = await fetch(url);

    expect([res.status, await res.text()]).toEqual([500, "the request failed: the log of this exporter says why\n"]);
    expect(logged).toHaveLength(1);
  });

  test.each([
    "GET http:// HTTP/1.1",
    "GET http://[ HTTP/1.1",
    "GET //// HTTP/1.1",
    "GET /%zz HTTP/1.1",
    "GET * HTTP/1.1",
  ])("the odd request line %s gets an answer and ends nothing", async (line) => {
    const { port, url, logged } = await start();

    const answer = await sendRaw(port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);

    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    expect(logged).toEqual([]);
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
  });
});

describe("/runbooks", () => {
  test("a runbook is shown as it is written, escaped", async () => {
    const { url } = await start();

    const page = await fetch(`${url}/runbooks/VirtlossPathLoss`);

    expect(page.status).toBe(200);
    expect(await page.text()).toContain("# VirtlossPathLoss\n\n1 &lt; 2\n");
  });

  test.each(["Nothing", "..%2Fpackage.json", "VirtlossPathLoss.md", "a".repeat(65)])("%s is none", async (name) => {
    const { url } = await start();

    const page = await fetch(`${url}/runbooks/${name}`);

    expect([page.status, await page.text()]).toEqual([404, "there is no such runbook\n"]);
  });
});
