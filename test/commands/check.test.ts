import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { check } from "../../src/commands/check.ts";
import { pathSchema } from "../../src/config/path-schema.ts";
import { seriesOf } from "../../src/config/weight.ts";

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "virtloss-"));
  stdout = "";
  stderr = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function checkText(text: string): Promise<number> {
  const file = join(folder, "c.yaml");
  await writeFile(file, text);
  return check(["--config", file]);
}

test("a valid configuration is shown as what would run", async () => {
  await writeFile(
    join(folder, "p.json"),
    '[{"targets": ["far.example"], "labels": {"__scope__": "external", "__rate__": "5", "env": "prod"}}]',
  );

  const code = await checkText(`
paths:
  - {name: db, scope: colocated, target: 10.0.0.12}
  - {scope: gateway, target: default-gateway, rate: 100, sizes: [64, random], timeout: 500ms, ip_version: 6}
path_files: [p.json]
collectors: {nic: false}
web: {listen: "127.0.0.1:10862"}
`);

  expect(code).toBe(0);
  expect(stderr).toBe("");
  expect(stdout.replaceAll(`${folder}/`, "")).toBe(`c.yaml is valid

PATH             SCOPE      TARGET                  PROTOCOLS  SIZES               PACKETS/S  TIMEOUT  SERIES
db               colocated  10.0.0.12               icmp       64,512,1400,random  20         1 s      50
default-gateway  gateway    default-gateway (IPv6)  icmp       64,random           100        0.5 s    46
far.example      external   far.example             icmp       64,512,1400,random  5          1 s      50

3 paths, 125 packets/s, about 490 kbit/s each way, 146 series
collectors: cpu, softirq, softnet, transport, guest (off: nic)
listens on 127.0.0.1:10862; POST /-/reload is off
warning: p.json:1:84: [0].labels.env: the label is ignored; known labels are path, __scope__, __protocols__, __sizes__, __rate__, __timeout__, __ip_version__, __port__, __stamp_port__, __key_file__, __dscp__, __ttl__, __df__, __source__, __interface__, __source_ports__
`);
});

test("an empty configuration says that only loopback is probed", async () => {
  expect(await checkText("")).toBe(0);
  expect(stdout).toContain("No paths configured: only loopback is probed, as the control path.\n");
  expect(stdout).toContain("\n1 path, 20 packets/s, about 112 kbit/s each way, 50 series\n");
});

test("errors go to stderr, all of them, with exit code 2 and nothing on stdout", async () => {
  expect(await checkText("paths: 3\nlgo: {}\n")).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.replaceAll(`${folder}/`, "")).toBe(
    'c.yaml:1:8: paths: expected a list, got 3\nc.yaml:2:1: lgo: unknown key; did you mean "log"?\n2 errors; nothing would run\n',
  );
});

test("a file that is not there is one error", async () => {
  expect(await check(["--config", "/nonexistent/c.yaml"])).toBe(2);
  expect(stderr).toBe("/nonexistent/c.yaml: cannot be used: no such file\n1 error; nothing would run\n");
});

test("help has an example, and a missing or unknown option is a usage error", async () => {
  expect(await check(["--help"])).toBe(0);
  expect(stdout).toContain("Example: virtloss check --config /etc/virtloss/virtloss.yaml");
  await expect(check([])).rejects.toThrow("expected --config FILE, for example: virtloss check --config virtloss.yaml");
  await expect(check(["--confg", "x"])).rejects.toThrow("Unknown option '--confg'");
});

test("a path makes two series a size and 42 others", () => {
  const path = (sizes: unknown) => pathSchema.parse({ scope: "control", target: "a", sizes });

  expect(seriesOf(path([64]))).toBe(44);
  expect(seriesOf(path([64, 512, 1400, "random"]))).toBe(50);
});
