import { inspect } from "node:util";
import { ConfigError, renderIssue } from "../../src/config/issues.ts";
import { parseKeyFile, readKeyFile } from "../../src/config/key-file.ts";
import { loadConfig } from "../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const first = "000102030405060708090a0b0c0d0e0f";
const second = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

test("one key a line, comments and empty lines apart, in their order", () => {
  const { keys, issues } = parseKeyFile(`# since May\n${first}\n\n  ${second.toUpperCase()}\r\n`, "k");

  expect(issues).toEqual([]);
  expect(keys.map((key) => key.export().toString("hex"))).toEqual([first, second]);
});

const expected = "expected one key a line, at least 32 hexadecimal digits, such as openssl rand -hex 32 prints";

test.each([
  ["too short", `${first}\n${first.slice(2)}`, `k:2:1: ${expected}; 30 were found`],
  ["odd", `\n${first}a`, `k:2:1: ${expected}; an odd number of them, 33, was found`],
  [
    "no hexadecimal",
    `${first}\n#\nsecret-passphrase-of-many-words!`,
    `k:3:1: ${expected}; another character was found`,
  ],
  ["empty", "# nothing\n", `k: cannot be used: it holds no key; ${expected}`],
  ["too many", `${first}\n`.repeat(9), "k: cannot be used: it holds 9 keys; at most 8"],
])("a key file that is %s is refused with its place", (_, text, message) => {
  const { keys, issues } = parseKeyFile(text, "k");

  expect(keys).toEqual([]);
  expect(issues.map(renderIssue)).toEqual([message]);
});

test("no error shows a character of a key", () => {
  const { issues } = parseKeyFile(`${first}a\nz${second}\n${"ab".repeat(7)}`, "k");

  expect(issues).toHaveLength(3);
  expect(JSON.stringify(issues)).not.toMatch(/00010203|ffeedd|abab/);
});

test("a file that is not there is an issue, not an exception", async () => {
  const { issues } = await readKeyFile("/etc/none", memoryFiles({}));

  expect(issues.map(renderIssue)).toEqual(["/etc/none: cannot be used: no such file"]);
});

test("the configuration holds the keys of the reflector's file, and shows none of them", async () => {
  const files = memoryFiles({ "/etc/c.yaml": "reflector: {key_file: keys/stamp}", "/etc/keys/stamp": first });

  const { reflector } = await loadConfig("/etc/c.yaml", undefined, files);

  expect(reflector?.keys[0]?.export().toString("hex")).toBe(first);
  expect(JSON.stringify(reflector)).not.toContain(first.slice(0, 8));
  expect(inspect(reflector, { depth: 9 })).not.toMatch(/00 ?01 ?02/);
});

test("errors of the key file come with those of the configuration", async () => {
  const files = memoryFiles({ "/etc/c.yaml": "reflector: {key_file: k}", "/etc/k": "12" });

  const error = await loadConfig("/etc/c.yaml", undefined, files).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(`/etc/k:1:1: ${expected}; 2 were found`);
});
