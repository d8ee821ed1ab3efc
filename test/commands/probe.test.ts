import { probe } from "../../src/commands/probe.ts";
import { UsageError } from "../../src/commands/usage.ts";
import { program, run } from "../support/lab.ts";

async function refusal(...args: string[]): Promise<string> {
  const error = await probe(args).then(
    (code) => new Error(`no error, but exit ${code}`),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message;
}

test.each([
  ["no target", [], "expected one target, got none"],
  ["two targets", ["127.0.0.1", "127.0.0.2"], 'expected one target, got "127.0.0.1 127.0.0.2"'],
  ["a count of none", ["127.0.0.1", "--count", "0"], '--count: expected a whole number from 1 to 10000000, got "0"'],
  ["half a count", ["127.0.0.1", "--count", "1.5"], '--count: expected a whole number from 1 to 10000000, got "1.5"'],
  [
    "a count in words",
    ["127.0.0.1", "--count", "many"],
    '--count: expected a whole number from 1 to 10000000, got "many"',
  ],
])("%s is a usage error", async (_, args, message) => {
  expect(await refusal(...args)).toBe(message);
});

test.each([
  ["--rate", "0", /^--rate: expected packets per second, above 0 and at most \d+/],
  ["--rate", "1e9", /^--rate: expected packets per second.*the measured limit/],
  ["--rate", "fast", /^--rate: expected packets per second/],
  ["--size", "27", /^--size: expected random, mtu, gso or a whole number of bytes from 28 to 65507/],
  ["--size", "65508", /^--size: expected random, mtu, gso or a whole number of bytes from 28 to 65507/],
  ["--size", "big", /^--size: expected random, mtu, gso or a whole number of bytes from 28 to 65507/],
  ["--timeout", "1", /^--timeout: expected a duration from 10ms to 60s/],
  ["--timeout", "2h", /^--timeout: expected a duration from 10ms to 60s/],
  ["--protocol", "udp", /^--protocol: expected icmp/],
])("%s %s is refused with what was expected", async (option, value, message) => {
  expect(await refusal("127.0.0.1", option, value)).toMatch(message);
});

test("a target that is no address and no name is refused with what was expected", async () => {
  expect(await refusal("10.0.0.256")).toMatch(/^TARGET: expected /);
  expect(await refusal("http://example.com/")).toMatch(/^TARGET: expected /);
});

test("all that is wrong is told at once", async () => {
  const lines = (await refusal("127.0.0.1", "--rate", "0", "--timeout", "0s")).split("\n");

  expect(lines.map((line) => line.split(":")[0])).toEqual(["--rate", "--timeout"]);
});

test("the text says counts, bounds and round-trip times; --json is one document", async () => {
  const args = [program, "probe", "127.0.0.1", "--count", "200", "--rate", "500"];
  const [text, json] = await Promise.all([run(process.execPath, args), run(process.execPath, [...args, "--json"])]);

  expect({ text: text.code, json: json.code }).toEqual({ text: 0, json: 0 });
  expect(text.stdout).toContain("200");
  expect(text.stdout).toContain("127.0.0.1");
  expect(json.stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    target: "127.0.0.1",
    address: "127.0.0.1",
    protocol: "icmp",
    size: "64",
    sent: 200,
    received: 200,
    lost: 0,
    lossRatio: 0,
    directions: null,
    prober: { valid: true },
  });
});
