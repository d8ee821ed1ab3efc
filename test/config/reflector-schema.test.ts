import { formatNetwork } from "../../src/config/cidr.ts";
import { ConfigError } from "../../src/config/issues.ts";
import { loadConfig } from "../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const load = (text: string) => loadConfig("/c.yaml", undefined, memoryFiles({ "/c.yaml": text }));

test("there is no reflector unless it is given", async () => {
  expect((await load("")).reflector).toBeUndefined();
});

test("an empty section answers loopback alone, on port 862", async () => {
  const { reflector } = await load("reflector: {}");

  expect(reflector).toMatchObject({
    listen: { host: undefined, port: 862 },
    keys: [],
    limits: {
      sourceRate: 10_000,
      totalRate: 100_000,
      sessions: 32_768,
      sessionsPerSource: 4096,
      sessionTimeoutSeconds: 300,
    },
  });
  expect(reflector?.allow.map(formatNetwork)).toEqual(["127.0.0.0/8", "::1/128"]);
});

test("addresses, networks and limits are read", async () => {
  const { reflector } = await load(
    'reflector: {listen: "[fd00::5]:8620", allow: [10.0.0.0/8], source_rate: 5, session_timeout: 1m}',
  );

  expect(reflector).toMatchObject({
    listen: { host: "fd00::5", port: 8620 },
    limits: { sourceRate: 5, sessionTimeoutSeconds: 60 },
  });
});

test.each([
  ["listen: reflector.example:862", "reflector.listen: expected [ADDRESS]:PORT with an IP address"],
  ["allow: [10.0.0.0/33]", "reflector.allow[0]: expected a network such as 10.0.0.0/8 or fd00::/8, or one address"],
  ["allow: 10.0.0.0/8", "reflector.allow: expected a list of networks"],
  ["source_rate: 0", "reflector.source_rate: expected packets per second from 1 to 10000000, got 0"],
  ["max_sessions: 1000000", "reflector.max_sessions: expected a number of sessions from 1 to 65536"],
  ["session_timeout: 0s", "reflector.session_timeout: expected a duration from 1s to 24h"],
  ["alow: []", 'reflector.alow: unknown key; did you mean "allow"?'],
])("reflector: {%s} is refused: %s", async (text, message) => {
  const error = await load(`reflector: {${text}}`).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toContain(message);
});
