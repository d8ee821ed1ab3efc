import { setTimeout as sleep } from "node:timers/promises";
import type { PathUrl } from "../../src/config/discovery.ts";
import { realFiles } from "../../src/config/files.ts";
import type { PathConfig } from "../../src/config/path.ts";
import { pathSchema } from "../../src/config/path-schema.ts";
import { createDiscovery, type Discovery } from "../../src/discovery/discovery.ts";
import { discoverySamples } from "../../src/discovery/samples.ts";
import { createSources } from "../../src/discovery/sources.ts";
import { thisMachine } from "../../src/prober/resolve/machine.ts";
import { type SdServer, sending, startSdServer } from "../support/sd-server.ts";

let sd: SdServer;
let discovery: Discovery;
let changes: number;
let logged: { level: string; fields: object; text: string }[];

beforeEach(async () => {
  sd = await startSdServer();
  changes = 0;
  logged = [];
  const note = (level: string) => (fields: object, text: string) => void logged.push({ level, fields, text });
  discovery = createDiscovery({
    onChange: () => changes++,
    log: { info: note("info"), warn: note("warn") } as Parameters<typeof createDiscovery>[0]["log"],
    retrySeconds: 0.05,
  });
});

afterEach(async () => {
  discovery.stop();
  await sd.close();
});

function url(path: string, settings: Partial<PathUrl> = {}): PathUrl {
  return {
    label: path,
    url: `${sd.origin}${path}`,
    refreshSeconds: 0.05,
    timeoutSeconds: 0.3,
    labels: { __scope__: "external", __rate__: "1" },
    login: undefined,
    tls: { caFile: undefined, insecureSkipVerify: false },
    ...settings,
  };
}

function configured(...names: string[]): PathConfig[] {
  return names.map((name) => pathSchema.parse({ name, scope: "control", target: "127.0.0.1", rate: 1 }));
}

function configure(paths: readonly PathConfig[], ...urls: PathUrl[]): void {
  discovery.configure(paths, createSources({ urls, names: [] }, realFiles, thisMachine()));
}

/** The server answers each URL with these targets. */
function serve(targets: Readonly<Record<string, readonly string[] | string>>): void {
  sd.answer = (request, response) => {
    const found = targets[request.url ?? ""];
    const body = typeof found === "string" ? found : JSON.stringify([{ targets: found ?? [] }]);
    sending(body)(request, response);
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !isTrue(); i++) await sleep(20);
  expect(isTrue()).toBe(true);
}

const names = () =>
  discovery
    .paths()
    .map(({ name }) => name)
    .join(" ");
const state = (label = "/a") => discovery.states().find((one) => one.label === label);
const warnings = () => logged.filter(({ level }) => level === "warn").map(({ fields }) => fields);

test("configured paths are there at once, found ones join them, and go when their source says so", async () => {
  serve({ "/a": ["10.0.0.1", "10.0.0.2"] });
  configure(configured("own"), url("/a"));
  expect([names(), state()?.tried]).toEqual(["own", false]);

  await until(() => names() === "own 10.0.0.1 10.0.0.2");
  serve({ "/a": ["10.0.0.2", "10.0.0.3"] });
  await until(() => names() === "own 10.0.0.2 10.0.0.3");
  serve({ "/a": [] });
  await until(() => names() === "own");

  expect(changes).toBe(3);
  expect(warnings()).toEqual([]);
  expect(state()).toMatchObject({ paths: 0, failures: 0, tried: true, problem: undefined });
});

test("an answer that says the same is no change, and its paths stay the same objects", async () => {
  serve({ "/a": ["10.0.0.1", "10.0.0.2"] });
  configure([], url("/a"));
  await until(() => changes === 1);
  const before = discovery.paths();
  serve({ "/a": '[ {"targets": ["10.0.0.1"]}, {"targets": ["10.0.0.2"], "labels": {}} ]' });
  const asked = sd.requests.length;
  await until(() => sd.requests.length > asked + 3);
  expect(changes).toBe(1);

  serve({ "/a": ["10.0.0.1", "10.0.0.2", "10.0.0.3"] });
  await until(() => changes === 2);
  expect(discovery.paths()[0]).toBe(before[0]);
  expect(discovery.paths()[1]).toBe(before[1]);
});

test.each<[string, () => void]>([
  ["500", () => (sd.answer = sending("", {}, 500))],
  ["hangs", () => (sd.answer = () => undefined)],
  ["resets", () => (sd.answer = (request) => request.socket.resetAndDestroy())],
  ["is HTML", () => (sd.answer = sending("<html>", { "Content-Type": "text/html" }))],
  ["is no JSON", () => serve({ "/a": "[", "/b": ["10.0.0.2"] })],
  ["has one wrong entry", () => serve({ "/a": '[{"targets": ["10.0.0.9", "b c"]}]', "/b": ["10.0.0.2"] })],
])(
  "an answer that %s removes nothing, is told once, counted, and forgotten when it is mended",
  async (_what, spoil) => {
    serve({ "/a": ["10.0.0.1"], "/b": ["10.0.0.2"] });
    configure([], url("/a"), url("/b"));
    await until(() => names() === "10.0.0.1 10.0.0.2");
    const success = state()?.lastSuccessSeconds ?? 0;
    spoil();
    await until(() => (state()?.failures ?? 0) >= 3);

    expect(names()).toBe("10.0.0.1 10.0.0.2");
    expect(warnings().filter((fields) => "source" in fields && fields.source === "/a")).toEqual([
      { source: "/a", problem: state()?.problem },
    ]);
    expect(state()?.problem).not.toBe("");
    serve({ "/a": ["10.0.0.3"], "/b": ["10.0.0.2"] });
    await until(() => names() === "10.0.0.3 10.0.0.2");
    await until(() => state()?.problem === undefined);
    expect(logged.at(-1)?.level).toBe("info");
    expect(state()?.lastSuccessSeconds).toBeGreaterThan(success);
  },
);

test("a source that hangs holds up no other, and is asked once at a time", async () => {
  sd.answer = (request, response) => {
    if (request.url === "/b") sending('[{"targets": ["10.0.0.2"]}]')(request, response);
  };
  configure([], url("/a", { timeoutSeconds: 0.5 }), url("/b", { refreshSeconds: 60 }));

  await until(() => names() === "10.0.0.2");
  expect(state("/a")?.tried).toBe(false);
  await until(() => (state("/a")?.failures ?? 0) >= 2);
  expect(state("/b")?.failures).toBe(0);
  // One to each at the most.
  expect(sd.mostAtOnce).toBeLessThanOrEqual(2);
  expect(sd.requests.filter((request) => request.url === "/a").length).toBeLessThanOrEqual(4);
});

test("a name that is taken is left out and told once: configured paths win, then the source listed first", async () => {
  serve({ "/a": ["own", "x", "y"], "/b": ["y", "z"] });
  configure(configured("own"), url("/a"), url("/b"));
  await until(() => names() === "own x y z");
  await until(() => state("/a")?.lastSuccessSeconds !== undefined);

  expect(discovery.paths()[0]?.target).toBe("127.0.0.1");
  expect([state("/a")?.paths, state("/b")?.paths]).toEqual([2, 1]);
  const asked = sd.requests.length;
  await until(() => sd.requests.length > asked + 4);
  const taken = "paths are left out because their names are taken:";
  expect(warnings()).toEqual(
    expect.arrayContaining([
      { source: "/a", warning: `${taken} "own" of the configuration` },
      { source: "/b", warning: `${taken} "y" of /a` },
    ]),
  );
  expect(warnings()).toHaveLength(2);
});

test("an answer with which all paths together would be too fast is refused", async () => {
  serve({ "/a": ["10.0.0.1"] });
  configure(configured("own"), url("/a", { labels: { __scope__: "external", __rate__: "60000" } }));
  await until(() => names() === "own 10.0.0.1");
  serve({ "/a": ["10.0.0.1", "10.0.0.2"] });
  await until(() => state()?.problem !== undefined);

  expect(names()).toBe("own 10.0.0.1");
  expect(state()?.problem).toBe(
    "with its answer the paths together send 120001 packets per second; expected at most 100000, the measured limit of " +
      "the probe engine; lower their rates, or spread them over several machines",
  );
});

test("a configuration that is too fast with what was found is refused, and changes nothing", async () => {
  serve({ "/a": ["10.0.0.1"] });
  const source = url("/a", { labels: { __scope__: "external", __rate__: "60000" } });
  configure([], source);
  await until(() => names() === "10.0.0.1");
  const fast = [pathSchema.parse({ scope: "control", target: "127.0.0.1", rate: 60_000 })];

  expect(() => configure(fast, source)).toThrow("the paths together send 120000 packets per second");
  expect(names()).toBe("10.0.0.1");
  const asked = sd.requests.length;
  await until(() => sd.requests.length > asked);
});

test("a source that a reload keeps or changes keeps its paths and counters; one that it drops takes them away", async () => {
  serve({ "/a": ["10.0.0.1"], "/b": ["10.0.0.2"] });
  configure([], url("/a"), url("/b"));
  await until(() => names() === "10.0.0.1 10.0.0.2");
  sd.answer = sending("", {}, 500);
  await until(() => (state()?.failures ?? 0) > 0);
  const failures = state()?.failures ?? 0;

  configure(configured("own"), url("/a", { timeoutSeconds: 0.2 }));

  expect(names()).toBe("own 10.0.0.1");
  expect(state()?.failures).toBeGreaterThanOrEqual(failures);
  expect(discovery.states()).toHaveLength(1);
  await sleep(150);
  const before = sd.requests.filter((request) => request.url === "/b").length;
  await sleep(200);
  expect(sd.requests.filter((request) => request.url === "/b")).toHaveLength(before);
});

test("after a stop nothing is asked and nothing changes", async () => {
  serve({ "/a": ["10.0.0.1"] });
  configure([], url("/a"));
  await until(() => changes === 1);
  discovery.stop();
  await sleep(100);
  const asked = sd.requests.length;
  serve({ "/a": ["10.0.0.2"] });
  await sleep(300);

  expect([sd.requests.length, names()]).toEqual([asked, "10.0.0.1"]);
});

test("pauses after failures double up to the refresh", async () => {
  sd.answer = sending("", {}, 500);
  configure([], url("/a", { refreshSeconds: 0.4 }));
  await sleep(1500);

  // At 0, 50, 150, 350, 750 and 1150 ms.
  expect(sd.requests.length).toBeGreaterThanOrEqual(4);
  expect(sd.requests.length).toBeLessThanOrEqual(6);
});

test("what is exported of a source has no success before the first", () => {
  const state = { label: "/a", paths: 0, lastSuccessSeconds: undefined, failures: 2, problem: "p", tried: true };
  const well = { ...state, label: "/b", paths: 3, lastSuccessSeconds: 7, failures: 0 };

  const lines = discoverySamples([state, well]).map(({ metric, labels, value }) => [metric.name, labels, value]);

  expect(lines).toEqual([
    ["virtloss_discovery_paths", { source: "/a" }, 0],
    ["virtloss_discovery_failures_total", { source: "/a" }, 2],
    ["virtloss_discovery_paths", { source: "/b" }, 3],
    ["virtloss_discovery_last_success_timestamp_seconds", { source: "/b" }, 7],
    ["virtloss_discovery_failures_total", { source: "/b" }, 0],
  ]);
});
