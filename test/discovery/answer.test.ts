import fc from "fast-check";
import type { PathUrl } from "../../src/config/discovery.ts";
import { type Answer, maxPaths, readUrlAnswer } from "../../src/discovery/answer.ts";
import { SourceProblem } from "../../src/discovery/problem.ts";

const source: PathUrl = {
  label: "http://sd/paths",
  url: "http://sd/paths?q",
  refreshSeconds: 60,
  timeoutSeconds: 10,
  labels: { __scope__: "external", __rate__: "5" },
  login: undefined,
  tls: { caFile: undefined, insecureSkipVerify: false },
};

function read(value: unknown): Promise<Answer> {
  return readUrlAnswer(source, JSON.stringify(value));
}

async function problemOf(text: string): Promise<string> {
  const error = await readUrlAnswer(source, text).catch((thrown: unknown) => thrown);
  if (error instanceof SourceProblem) return error.message;
  throw new Error(`expected a SourceProblem, got ${JSON.stringify(error)}`);
}

test("groups become paths; their own labels win over those of the source, and unknown ones are told once", async () => {
  const { paths, warnings } = await read([
    { targets: ["10.0.0.1", "10.0.0.2"] },
    { targets: ["db.example"], labels: { __scope__: "colocated", path: "db", env: "prod", __meta_rack: "7" } },
    { targets: ["10.0.0.3"], labels: { __rate__: "0.5", env: "prod" } },
    { targets: [], labels: {} },
  ]);

  expect(paths.map(({ name, scope, target, ratePerSecond }) => [name, scope, target, ratePerSecond])).toEqual([
    ["10.0.0.1", "external", "10.0.0.1", 5],
    ["10.0.0.2", "external", "10.0.0.2", 5],
    ["db", "colocated", "db.example", 5],
    ["10.0.0.3", "external", "10.0.0.3", 0.5],
  ]);
  expect(warnings).toEqual(["labels that mean nothing here are ignored: env, __meta_rack"]);
});

test("an empty list is an answer without paths", async () => {
  expect(await read([])).toEqual({ paths: [], warnings: [] });
});

test.each([
  ["", "its answer is not JSON: is this the URL of a service discovery?"],
  ["<html>", "its answer is not JSON: is this the URL of a service discovery?"],
  ['[{"targets": ["a"]}', "its answer is not JSON: is this the URL of a service discovery?"],
  ["{}", "expected a list of {targets: [...], labels: {...}}"],
  ["[7]", "[0]: expected {targets: [...], labels: {...}}"],
  ["[{}]", "[0].targets: expected a list of texts"],
  ['[{"targets": [7]}]', "[0].targets: expected a list of texts"],
  ['[{"targets": [], "labels": {"a": 1}}]', "[0].labels: expected a mapping of labels to texts"],
  ['[{"targets": [], "labels": null}]', "[0].labels: expected a mapping of labels to texts"],
  ['[{"targets": [], "source": "x"}]', "[0]: expected targets and labels, and nothing beside them"],
  [
    '[{"targets": ["a"], "labels": {"__scope__": "near"}}]',
    'http://sd/paths: [0].labels.__scope__: expected colocated, gateway, external or control, got "near"',
  ],
  [
    '[{"targets": ["a", "b:1"]}]',
    'http://sd/paths: [0].targets[1]: expected an address (10.0.0.1, fd00::1, fe80::1%eth0), a host name, or default-gateway, got "b:1"; the port is a key of its own: write b, and port: 1',
  ],
  [
    '[{"targets": ["a"]}, {"targets": ["a"]}]',
    'http://sd/paths: [1].targets[0]: the name "a" is already that of the path at [0].targets[0]; give each path its own name',
  ],
  [
    '[{"targets": ["a"], "labels": {"__protocols__": "stamp", "__key_file__": "/etc/shadow"}}]',
    "[0].labels.__key_file__: a key file is named in the configuration only: see labels of path_urls",
  ],
])("%j is refused as a whole", async (text, message) => {
  expect(await problemOf(text)).toBe(message);
});

test("of many mistakes the first ten are told", async () => {
  const text = JSON.stringify([{ targets: Array.from({ length: 5000 }, (_, i) => `a b${i}`) }]);
  const lines = (await problemOf(text)).split("\n");

  expect(lines).toHaveLength(11);
  expect(lines[9]).toMatch(/^http:\/\/sd\/paths: \[0\]\.targets\[9\]: expected an address/);
  expect(lines[10]).toBe("and more");
});

test.each<[string, () => string]>([
  ["too many groups", () => `[${"{},".repeat(maxPaths)}{}]`],
  ["too many targets", () => JSON.stringify([{ targets: Array(maxPaths + 1).fill("a") }])],
  ["millions of numbers", () => `[${"1,".repeat(8e6)}1]`],
  ["millions of wrong targets", () => `[{"targets": [${"1,".repeat(8e6)}1]}]`],
  ["millions of labels", () => `[{"targets": [], "labels": {${Array.from({ length: 1e6 }, (_, i) => `"${i}":""`)}}}]`],
  ["millions of other keys", () => `[{${Array.from({ length: 1e6 }, (_, i) => `"${i}":0`)}}]`],
  ["a label of 16 MB", () => JSON.stringify([{ targets: ["a"], labels: { __sizes__: "1,".repeat(8e6) } }])],
  ["a target of 16 MB", () => JSON.stringify([{ targets: [":".repeat(16e6)] }])],
  ["16 million levels", () => "[".repeat(16e6)],
  ["16 labels that are wrong in each of 20,000 groups", () => JSON.stringify(Array(maxPaths).fill(allWrong))],
])("%s are refused within 3 s", async (_what, text) => {
  const written = text();
  const started = performance.now();

  expect((await problemOf(written)).length).toBeLessThan(5000);
  expect(performance.now() - started).toBeLessThan(3000);
});

const allWrong = {
  targets: ["a"],
  labels: Object.fromEntries(
    ["scope", "protocols", "sizes", "rate", "timeout", "ip_version", "port", "dscp", "ttl", "df", "source"].map(
      (key) => [`__${key}__`, "x".repeat(50)],
    ),
  ),
};

test("whatever JSON comes, it is paths or a problem", async () => {
  const group = fc.record(
    {
      targets: fc.oneof(fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.domain())), fc.jsonValue()),
      labels: fc.oneof(
        fc.dictionary(fc.constantFrom("__scope__", "path", "__rate__", "__sizes__", "__proto__", "x"), fc.string()),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(group), fc.jsonValue()), async (value) => {
      try {
        const { paths } = await read(value);
        expect(new Set(paths.map(({ name }) => name)).size).toBe(paths.length);
      } catch (error) {
        expect(error).toBeInstanceOf(SourceProblem);
      }
    }),
    { numRuns: 2000 },
  );
});

test("while 5,000 paths are read, others have their turn", async () => {
  const text = JSON.stringify(
    Array.from({ length: 5000 }, (_, i) => ({ targets: [`10.0.${i >> 8}.${i & 255}`], labels: { __sizes__: "64" } })),
  );
  let turns = 0;
  const turn = setInterval(() => turns++, 1);

  const { paths } = await readUrlAnswer(source, text);
  clearInterval(turn);

  expect(paths).toHaveLength(5000);
  expect(turns).toBeGreaterThan(10);
});
