import { ConfigError } from "../../src/config/issues.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { ConfigOverrides } from "../../src/config/overrides.ts";
import { memoryFiles } from "./memory-files.ts";

const file = "/etc/virtloss.yaml";

function load(text: string, overrides?: ConfigOverrides) {
  return loadConfig(file, overrides, memoryFiles({ [file]: text }));
}

/** The lines of the error, without the file's name. */
async function errorsOf(text: string, overrides?: ConfigOverrides): Promise<string[]> {
  const error = await load(text, overrides).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
  return error.message.split("\n").map((line) => line.replace(`${file}:`, ""));
}

function onePath(settings: string): string {
  return `paths:\n  - {scope: control, target: 127.0.0.1, ${settings}}\n`;
}

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
      },
    ]);
    expect(config.pathsAreDefault).toBe(true);
    expect(config.web).toEqual({ listen: { host: undefined, port: 10862 }, enableLifecycle: false });
    expect(config.thresholds.lossRatio).toBe(0.001);
    expect(config.log).toEqual({ level: "info", format: "auto" });
    expect(Object.values(config.collectors).every((collector) => collector.enabled)).toBe(true);
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

const targetText = "expected an address (10.0.0.1, fd00::1, fe80::1%eth0), a host name, or default-gateway";
const sizeText = "expected random or a whole number of bytes from 28 to 65507";
const rateText = "expected packets per second, above 0 and at most 100000 (the measured limit of the probe engine)";
const timeoutText = "expected a duration from 10ms to 60s, such as 500ms or 1s";
const listenText =
  "expected [ADDRESS]:PORT with a port from 0 to 65535, such as :10862, 127.0.0.1:10862 or [::1]:10862";

describe("one error names line, column, key, what was expected and what was found", () => {
  test.each([
    [
      "paths:\n- scpe: control\n  scope: control\n  target: a",
      '2:3: paths[0].scpe: unknown key; did you mean "scope"?',
    ],
    [
      "vcenters: []",
      "1:1: vcenters: unknown key; known keys are paths, path_files, web, collectors, prober, thresholds, log",
    ],
    ["web: {config_file: x, enable_lifecyle: true}", null],
    ["paths: [{target: a}]", "1:9: paths[0].scope: is missing; expected colocated, gateway, external or control"],
    ["paths: [{scope: control}]", `1:9: paths[0].target: is missing; ${targetText}`],
    ["paths: 3", "1:8: paths: expected a list, got 3"],
    ["paths: [x]", '1:9: paths[0]: expected a mapping of keys to values, got "x"'],
    ["- paths", "1:1: expected a mapping of keys to values, got a list"],
    [
      "paths: [{scope: gatway, target: a}]",
      '1:17: paths[0].scope: expected colocated, gateway, external or control, got "gatway"; did you mean "gateway"?',
    ],
    [
      "paths: [{scope: control, target: 10.0.0.300}]",
      `1:34: paths[0].target: ${targetText}, got "10.0.0.300"; an IPv4 address has four numbers from 0 to 255`,
    ],
    [
      "paths: [{scope: control, target: 'http://x'}]",
      `1:34: paths[0].target: ${targetText}, got "http://x"; a target is no URL: write its host only`,
    ],
    [
      "paths: [{scope: control, target: '10.0.0.1:80'}]",
      `1:34: paths[0].target: ${targetText}, got "10.0.0.1:80"; icmp has no ports: write 10.0.0.1`,
    ],
    ["paths: [{scope: control, target: 5}]", `1:34: paths[0].target: ${targetText}, got 5`],
    [
      "paths: [{scope: control, target: '::1', ip_version: 4}]",
      "1:53: paths[0].ip_version: expected 6, the IP version of ::1, got 4; leave it out for addresses",
    ],
    [onePath("ip_version: 5"), "2:53: paths[0].ip_version: expected 4 or 6, got 5"],
    [
      onePath("protocols: [stamp]"),
      '2:53: paths[0].protocols[0]: expected icmp, the only protocol of this version, got "stamp"',
    ],
    [onePath("protocols: [icpm]"), '2:53: paths[0].protocols[0]: expected icmp, got "icpm"; did you mean "icmp"?'],
    [
      onePath("protocols: []"),
      "2:52: paths[0].protocols: expected at least one protocol, such as [icmp], got an empty list",
    ],
    [
      onePath("protocols: [icmp, icmp]"),
      "2:59: paths[0].protocols[1]: the protocol icmp is in the list twice; remove one",
    ],
    [onePath("sizes: 64"), "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got 64"],
    [
      onePath("sizes: []"),
      "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got an empty list",
    ],
    [onePath("sizes: [27]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 27`],
    [onePath("sizes: [65508]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 65508`],
    [onePath("sizes: [64.5]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 64.5`],
    [onePath("sizes: [mtu]"), `2:49: paths[0].sizes[0]: ${sizeText}, got "mtu"`],
    [onePath("sizes: [64, 64]"), "2:53: paths[0].sizes[1]: the size 64 is in the list twice; remove one"],
    [
      onePath("sizes: [30, 31, 32, 33, 34, 35, 36, 37, 38]"),
      "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got a list",
    ],
    [onePath("rate: 0"), `2:47: paths[0].rate: ${rateText}, got 0`],
    [onePath("rate: -5"), `2:47: paths[0].rate: ${rateText}, got -5`],
    [onePath("rate: .inf"), `2:47: paths[0].rate: ${rateText}, got Infinity`],
    [onePath("rate: .nan"), `2:47: paths[0].rate: ${rateText}, got NaN`],
    [onePath("rate: fast"), `2:47: paths[0].rate: ${rateText}, got "fast"`],
    [onePath("rate: 100001"), `2:47: paths[0].rate: ${rateText}, got 100001`],
    [onePath("timeout: 1"), `2:50: paths[0].timeout: ${timeoutText}, got 1`],
    [onePath("timeout: 9ms"), `2:50: paths[0].timeout: ${timeoutText}, got "9ms"`],
    [onePath("timeout: 1m1ms"), `2:50: paths[0].timeout: ${timeoutText}, got "1m1ms"`],
    [onePath("timeout: soon"), `2:50: paths[0].timeout: ${timeoutText}, got "soon"`],
    [onePath("name: ''"), '2:47: paths[0].name: expected 1 to 128 characters without control characters, got ""'],
    [
      onePath('name: "a\\nb"'),
      '2:47: paths[0].name: expected 1 to 128 characters without control characters, got "a\\nb"',
    ],
    [
      onePath('name: "\\ud800"'),
      '2:47: paths[0].name: expected 1 to 128 characters without control characters, got "\\ud800"',
    ],
    [
      onePath(`name: ${"n".repeat(129)}`),
      `2:47: paths[0].name: expected 1 to 128 characters without control characters, got "${"n".repeat(57)}..."`,
    ],
    [
      "paths: [{name: 3, scope: control, target: a}]",
      "1:16: paths[0].name: expected 1 to 128 characters without control characters, got 3",
    ],
    [
      "path_files: ['*/a.json']",
      '1:14: path_files[0]: expected a file name such as paths/*.json, with * and ? in its last part only, got "*/a.json"',
    ],
    ["web: {listen: '10862'}", `1:15: web.listen: ${listenText}, got "10862"`],
    ["web: {listen: ':65536'}", `1:15: web.listen: ${listenText}, got ":65536"`],
    ["web: {enable_lifecycle: yes}", '1:25: web.enable_lifecycle: expected true or false, got "yes"'],
    ["collectors: {nix: false}", '1:14: collectors.nix: unknown key; did you mean "nic"?'],
    ["collectors: {nic: 3}", "1:19: collectors.nic: expected settings such as {enabled: true}, or false, got 3"],
    ["collectors: {cpu: {enable: true}}", '1:20: collectors.cpu.enable: unknown key; did you mean "enabled"?'],
    ["prober: {receive_buffer: 1}", null],
    ["thresholds: {loss_ratio: 5}", "1:26: thresholds.loss_ratio: expected a ratio from 0 to 1 (1 % is 0.01), got 5"],
    ["thresholds: {los_ratio: 0.1}", '1:14: thresholds.los_ratio: unknown key; did you mean "loss_ratio"?'],
    [
      "log: {level: warning}",
      '1:14: log.level: expected debug, info, warn or error, got "warning"; did you mean "warn"?',
    ],
    ["log: {format: xml}", '1:15: log.format: expected auto, json or text, got "xml"'],
    ["log: {level: }", "1:14: log.level: expected debug, info, warn or error, got nothing"],
    ["log: {}\nlog: {}", "2:1: the key is in this mapping twice; remove one"],
    ["log: {}\n---\nlog: {}", "2:1: a second document begins here; expected one document a file"],
    ["log: *nowhere", "1:6: YAML syntax: Unresolved alias (the anchor must be set before the alias): nowhere"],
    ["log: !secret x", null],
    ["\tlog: {}", "1:1: YAML syntax: tabs do not indent; use spaces"],
    ["log: 'info", "1:11: YAML syntax: Missing closing 'quote"],
    ["[".repeat(50_000), null],
  ])("%j", async (text, message) => {
    const errors = await errorsOf(text);

    if (message === null) expect(errors.length).toBeGreaterThan(0);
    else expect(errors).toEqual([message]);
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
