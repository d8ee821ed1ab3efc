import { loadConfig } from "../../src/config/load.ts";
import { defaultSend } from "../../src/config/path.ts";
import { errorsOf, file, listenText, load, onePath, targetText } from "./load-text.ts";
import { memoryFiles } from "./memory-files.ts";

describe("defaults", () => {
  test("without file and paths only loopback is probed, as the control path", async () => {
    const config = await loadConfig(undefined);

    expect(config.paths).toEqual([
      {
        name: "loopback",
        scope: "control",
        target: "127.0.0.1",
        protocols: ["icmp"],
        sizes: [64, 512, 1400, "random"],
        ratePerSecond: 20,
        timeoutSeconds: 1,
        stampPort: 862,
        send: defaultSend,
      },
    ]);
    expect(config.pathsAreDefault).toBe(true);
    expect(config.web).toEqual({ listen: { host: undefined, port: 10862 }, enableLifecycle: false });
    expect(config.thresholds.lossRatio).toBe(0.001);
    expect(config.log).toEqual({ level: "info", format: "auto" });
    const off = Object.entries(config.collectors).filter(([, { enabled }]) => !enabled);
    expect(off.map(([name]) => name)).toEqual(["latency"]);
  });

  test.each(["", "# nothing\n", "---\n", "{}"])("the file %j is a valid one", async (text) => {
    expect((await load(text)).pathsAreDefault).toBe(true);
  });

  test("an empty list of paths probes nothing, not even loopback", async () => {
    const config = await load("paths: []");

    expect(config.paths).toEqual([]);
    expect(config.pathsAreDefault).toBe(false);
  });
});

describe("a configuration", () => {
  test("gives resolved numbers, frozen to the bottom", async () => {
    const config = await load(`
paths:
  - {name: db, scope: colocated, target: db.example, sizes: [28, random], rate: 0.5, timeout: 1m, ip_version: 6}
collectors: {nic: false, cpu: {enabled: false}}
thresholds: {loss_ratio: 0.01}
web: {listen: "[::1]:1", enable_lifecycle: true}
log: {level: debug, format: json}
`);

    expect(config.paths).toEqual([
      {
        name: "db",
        scope: "colocated",
        target: "db.example",
        protocols: ["icmp"],
        sizes: [28, "random"],
        ratePerSecond: 0.5,
        timeoutSeconds: 60,
        stampPort: 862,
        send: defaultSend,
        ipVersion: 6,
      },
    ]);
    expect(config.collectors["nic"]).toEqual({ enabled: false, options: {} });
    expect(config.collectors["cpu"]).toEqual({ enabled: false, options: {} });
    expect(config.collectors["softnet"]).toEqual({ enabled: true, options: {} });
    expect(config.thresholds).toMatchObject({ lossRatio: 0.01, lossRatioExternal: 0.005 });
    expect(config.web).toEqual({ listen: { host: "::1", port: 1 }, enableLifecycle: true });
    expect(config.log).toEqual({ level: "debug", format: "json" });
    expect(Object.isFrozen(config.paths[0]?.sizes)).toBe(true);
    expect(Object.isFrozen(config.web.listen)).toBe(true);
  });

  test("anchors and aliases work", async () => {
    const config = await load(
      "paths: [{scope: control, target: a, sizes: &s [64]}, {scope: control, target: b, sizes: *s}]",
    );

    expect(config.paths.map((path) => path.sizes)).toEqual([[64], [64]]);
  });

  test("the command line adds paths, named by their targets, and replaces the listen address", async () => {
    const config = await load(onePath("name: self"), { listen: ":0", paths: ["gateway=default-gateway"] });

    expect(config.paths.map(({ name, scope, target }) => [name, scope, target])).toEqual([
      ["self", "control", "127.0.0.1"],
      ["default-gateway", "gateway", "default-gateway"],
    ]);
    expect(config.web.listen.port).toBe(0);
  });
});

test("all errors are told at once, in the order of the file, with those of the command line behind them", async () => {
  const text = `paths:
  - name: db
    scope: colocated
    target: 10.0.0.300
  - {name: db, scpe: control, target: a}
lgo: {}
`;

  expect(
    await errorsOf(text, { listen: "nowhere", paths: ["gatway=a", "x", "control=a/b", "control=127.0.0.1"] }),
  ).toEqual([
    `4:13: paths[0].target: ${targetText}, got "10.0.0.300"; an IPv4 address has four numbers from 0 to 255`,
    "5:5: paths[1].scope: is missing; expected colocated, gateway, external or control",
    '5:16: paths[1].scpe: unknown key; did you mean "scope"?',
    '6:1: lgo: unknown key; did you mean "log"?',
    '--path: expected a scope (colocated, gateway, external, control) before the =, got "gatway=a"; did you mean "gateway"?',
    '--path: expected SCOPE=TARGET, got "x"; for example gateway=default-gateway',
    `--path: ${targetText}, after the =, got "control=a/b"; a target is one machine, no network: write one address`,
    `--listen: ${listenText}, got "nowhere"`,
    `5:12: paths[1].name: the name "db" is already that of the path at ${file}:2:11; give each path its own name`,
  ]);
});

test("a syntax error does not hide the errors before it, and what it cut off is not called missing", async () => {
  expect(await errorsOf("log: {level: loud}\npaths:\n  - scope: control\n bad: [\n")).toContain(
    '1:14: log.level: expected debug, info, warn or error, got "loud"',
  );
});

test("a name that is given twice is told with both places, over file and command line", async () => {
  expect(await errorsOf(onePath("rate: 1"), { paths: ["gateway=127.0.0.1"] })).toEqual([
    '--path gateway=127.0.0.1: the name "127.0.0.1" is already that of the path at 2:30; give each path its own name',
  ]);
});

test("rates that together exceed what the engine can do are refused with the measured limit", async () => {
  const path = (name: string) => `{name: ${name}, scope: control, target: 127.0.0.1, rate: 50000.5}`;

  expect(await errorsOf(`paths: [${path("a")}, ${path("b")}]`)).toEqual([
    "1:1: paths: the paths together send 100001 packets per second; expected at most 100000, the measured limit of the " +
      "probe engine; lower their rates, or spread them over several machines",
  ]);
});

test("a secret never appears in an error", async () => {
  const text =
    "paths: [{scope: control, target: 'http://user:hunter2@x/'}]\nweb: {password: hunter2}\npassword: hunter2\n";

  const errors = (await errorsOf(text)).join("\n");

  expect(errors).toContain('got "http://***@x/"');
  expect(errors).not.toContain("hunter2");
});

test.each([
  "password: *hunter2",
  "password: !hunter2 x",
  "password: |hunter2\n",
  "- a\n@hunter2",
  "}hunter2",
  "'hunter2",
])("a secret never appears in the syntax error of %j", async (text) => {
  expect((await errorsOf(text)).join("\n")).not.toContain("hunter2");
});

test("a bomb of aliases is refused without being unfolded", async () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`);
  const started = performance.now();

  const errors = await errorsOf(`a0: &a0 [x]\n${levels.join("\n")}\n`);

  expect(errors[0]).toBe("1:1: YAML syntax: Excessive alias count indicates a resource exhaustion attack");
  expect(performance.now() - started).toBeLessThan(2000);
});

test("a file that is not there is one error", async () => {
  await expect(loadConfig("/nowhere.yaml", undefined, memoryFiles({}))).rejects.toThrow(
    "/nowhere.yaml: cannot be used: no such file",
  );
});
