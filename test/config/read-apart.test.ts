import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../../src/config/issues.ts";
import { readConfig } from "../../src/config/read.ts";
import { readConfigApart } from "../../src/config/read-apart.ts";
import { askProcess } from "../../src/kernel/ask-process.ts";
import { builtModule } from "../support/lab.ts";

const everything = `
paths:
  - {name: db, scope: colocated, target: 192.0.2.1, protocols: [icmp, stamp, tcp], port: 443, key_file: key, sizes: [120, random]}
  - {name: lan, scope: gateway, target: default-gateway, source: 192.0.2.9, interface: eth0, dscp: 46, df: true, ttl: 9}
path_files: [paths.json]
path_urls: [{url: "https://sd.example/paths", username: u, password_file: key, labels: {__scope__: external}}]
path_names: [{name: db.example, scope: external, rate: 5}]
collectors: {nic: {include: "^eth[0-9]+$"}, guest: {uuid_file: /uuid}, cpu: false}
probe: {allow: [10.0.0.0/8], modules: {one: {protocol: tcp, port: 443}}}
reflector: {allow: ["fd00::/8"], key_file: key}
thresholds: {loss_ratio: 0.02}
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "virtloss-apart-"));
  writeFileSync(join(folder, "key"), `${"0f".repeat(32)}\n`);
  writeFileSync(join(folder, "paths.json"), JSON.stringify([{ targets: ["a"], labels: { __scope__: "external" } }]));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const file = join(folder, "virtloss.yaml");
  writeFileSync(file, text);
  return file;
}

/** The built module, because Node.js runs no TypeScript. */
const ask = (order: unknown) => askProcess(pathToFileURL(builtModule("src/config/reader.js")), order);

const frozenDeep = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  !["[object Object]", "[object Array]"].includes(Object.prototype.toString.call(value)) ||
  (Object.isFrozen(value) && Object.values(value).every(frozenDeep));

test("what is read apart is what would be read here, to the last key, and as unchangeable", async () => {
  const file = written(everything);
  const overrides = { paths: ["control=127.0.0.1"], listen: ":1" };

  const here = await readConfig(file, overrides);
  const apart = await readConfigApart(file, overrides, ask);

  const keysOf = ({ config }: typeof here) => config.reflector?.keys.map((key) => key.export().toString("hex"));
  expect(apart).toEqual(here);
  expect(keysOf(apart)).toEqual(["0f".repeat(32)]);
  expect(apart.config.collectors["nic"]?.options).toMatchObject({ include: /^eth[0-9]+$/ });
  expect([...apart.reads.keys()]).toEqual(expect.arrayContaining([join(folder, "paths.json")]));
  expect(frozenDeep(apart.config)).toBe(true);
});

test("without a file there are defaults and the command line", async () => {
  expect(await readConfigApart(undefined, undefined, ask)).toEqual(await readConfig(undefined, undefined));
});

test("what is wrong arrives as the error that it was, in the same words", async () => {
  const file = written("paths: [{scope: far, target: 127.0.0.1, rte: 5}]\nlog: loud\n");

  const here: unknown = await readConfig(file, undefined).catch((error: unknown) => error);
  const apart: unknown = await readConfigApart(file, undefined, ask).catch((error: unknown) => error);

  expect(here).toBeInstanceOf(ConfigError);
  expect(apart).toBeInstanceOf(ConfigError);
  expect((apart as ConfigError).message).toBe((here as ConfigError).message);
  expect((apart as ConfigError).issues).toEqual((here as ConfigError).issues);
});
