import { once } from "node:events";
import { get } from "node:http";
import type { ProbeAnswer, ProbeRequest } from "../../../src/probe-endpoint/answer.ts";
import type { HistoryEntry } from "../../../src/probe-endpoint/history.ts";
import { probeRunMetrics } from "../../../src/probe-endpoint/metrics.ts";
import { checkMetrics } from "../../support/promtool.ts";
import { type Serving, serveParts } from "../serving.ts";

let serving: Serving | undefined;
afterEach(async () => {
  await serving?.close();
  serving = undefined;
});

/** The app before an endpoint that answers what it is told. */
async function serve(answer: (request: ProbeRequest) => ProbeAnswer | Promise<ProbeAnswer>, runs?: HistoryEntry[]) {
  serving = await serveParts({ probes: { answer: async (request) => answer(request), history: () => runs } });
  return serving;
}

const answered: ProbeAnswer = {
  status: 200,
  families: [{ metric: probeRunMetrics.success, samples: [{ metric: probeRunMetrics.success, labels: {}, value: 1 }] }],
  transcript: undefined,
};

test("a run is told in the format that the scraper accepts", async () => {
  const { url } = await serve(() => answered);

  const text = await fetch(`${url}/probe?target=a`);
  const open = await fetch(`${url}/probe?target=a`, {
    headers: { accept: "application/openmetrics-text;version=1.0.0" },
  });

  expect(text.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text.headers.get("cache-control")).toBe("no-store");
  const body = await text.text();
  expect(body).toContain("\nprobe_success 1\n");
  expect(checkMetrics(body)).toBe("");
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(await open.text()).toMatch(/\nprobe_success 1\n# EOF\n$/);
});

test("a transcript comes as plain text, with the metrics behind it", async () => {
  const { url } = await serve(() => ({ ...answered, transcript: "what happened\n" }));

  const { headers, ...response } = await fetch(`${url}/probe?target=a&debug=true`).then(async (res) => ({
    headers: res.headers,
    body: await res.text(),
  }));

  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(response.body).toMatch(/^what happened\n\n# HELP probe_success/);
});

test("the endpoint gets the query as it came, and the scrape timeout", async () => {
  const requests: ProbeRequest[] = [];
  const { url } = await serve((request) => {
    requests.push(request);
    return answered;
  });

  await fetch(`${url}/probe?target=%2e&x=?`, { headers: { "X-Prometheus-Scrape-Timeout-Seconds": "7.5" } });
  await fetch(`${url}/probe`);

  expect(requests.map(({ url, scrapeTimeout }) => [url, scrapeTimeout])).toEqual([
    ["/probe?target=%2e&x=?", "7.5"],
    ["/probe", undefined],
  ]);
});

test.each([400, 403, 404, 429, 503] as const)("a refusal with %d is one sentence", async (status) => {
  const { url } = await serve(() => ({ status, message: "no" }));

  const response = await fetch(`${url}/probe?target=a`);

  expect([response.status, await response.text()]).toEqual([status, "no\n"]);
  expect(response.headers.get("retry-after")).toBe(status === 429 ? "1" : null);
});

test("a client that goes away is told to the endpoint", async () => {
  let gone: Promise<unknown> | undefined;
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { url } = await serve(async ({ signal }) => {
    gone = once(signal, "abort");
    arrived();
    await gone;
    return answered;
  });

  const request = get(`${url}/probe?target=a`);
  request.on("error", () => undefined);
  await arrival;
  request.destroy();

  await expect(gone).resolves.toBeDefined();
});

test("another web site cannot make a browser probe", async () => {
  const { url } = await serve(() => answered);

  const response = await fetch(`${url}/probe?target=a`, { headers: { "Sec-Fetch-Site": "cross-site" } });

  expect(response.status).toBe(403);
  expect(await response.text()).toBe("probing from another web site is refused\n");
});

test("methods other than GET and HEAD are refused", async () => {
  const { url } = await serve(() => answered);

  expect((await fetch(`${url}/probe?target=a`, { method: "POST" })).status).toBe(405);
});

describe("/probe/history", () => {
  const run = (id: number, target: string, notable: boolean): HistoryEntry => ({
    id,
    atSeconds: 1_795_000_000,
    target,
    module: "icmp",
    notable,
    summary: "loss 0 %",
    transcript: `packets of <${target}>`,
  });

  test("is off with the endpoint", async () => {
    const { url } = await serve(() => answered);

    expect((await fetch(`${url}/probe/history`)).status).toBe(404);
  });

  test("lists runs, shows one, and escapes what is in it; no script is on the page", async () => {
    const { url } = await serve(() => answered, [run(7, "<script>", true), run(6, "db", false)]);

    const list = await (await fetch(`${url}/probe/history`)).text();
    const one = await (await fetch(`${url}/probe/history?id=7`)).text();

    expect(list).toContain('<a href="/probe/history?id=7">&lt;script&gt;</a>');
    expect(list.indexOf("id=7")).toBeLessThan(list.indexOf("id=6"));
    expect(list).toContain("trouble");
    expect(one).toContain("packets of &lt;&lt;script&gt;&gt;");
    expect(list + one).not.toContain("<script");
  });

  test.each(["8", "x", "07", "", "-1"])("there is no run %j", async (id) => {
    const { url } = await serve(() => answered, [run(7, "db", false)]);

    expect((await fetch(`${url}/probe/history?id=${id}`)).status).toBe(404);
  });

  test("says so where nothing was probed yet", async () => {
    const { url } = await serve(() => answered, []);

    expect(await (await fetch(`${url}/probe/history`)).text()).toContain("Nothing was probed yet.");
  });
});
