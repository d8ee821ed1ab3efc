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
collectors: cpu, pressure, power, softirq, softnet, drops, qdisc, bridge, conntrack, ovs, transport, guest, memory, libvirt, qemu, vcenter, nsx (off: latency, nic)
listens on 127.0.0.1:10862; POST /-/reload is off
warning: p.json:1:84: [0].labels.env: the label is ignored; known labels are path, __scope__, __protocols__, __sizes__, __rate__, __timeout__, __ip_version__, __port__, __stamp_port__, __key_file__, __dscp__, __ttl__, __df__, __source__, __interface__, __source_ports__
`);
});

test("what answers others is shown: the reflector, and /probe with its modules and networks", async () => {
  expect(await checkText("probe: {allow: [10.0.0.0/8, fd00::/8], modules: {web: {protocol: tcp}, icmp: {}}}")).toBe(0);
  expect(stdout).toContain(
    "answers GET /probe with the modules web, icmp, 8 runs at once, for targets in 10.0.0.0/8 fd00::/8\n",
  );

  stdout = "";
  expect(await checkText("probe: {concurrency: 1}\nreflector: {allow: [10.0.0.0/8]}")).toBe(0);
  expect(stdout).toContain("GET /probe is off: no networks are allowed\n");
  expect(stdout).toContain("answers STAMP on :862, plain, for 10.0.0.0/8\n");

  stdout = "";
  await checkText("");
  expect(stdout).not.toMatch(/probe |STAMP/);
});

test("servers that would be read are shown, without their passwords", async () => {
  const servers = [
    "vcenters: [{url: 'https://vc/sdk', username: monitor, password_env: VC_PASSWORD}]",
    "nsx_managers: [{url: 'https://nsx', name: east, username: audit, password_env: NSX_PASSWORD}]",
  ];

  expect(await checkText(servers.join("\n"))).toBe(0);
  expect(stdout).toContain("reads vCenter vc as monitor every 30 s\n");
  expect(stdout).toContain("reads NSX manager east as audit every 60 s\n");
});

test("where more paths come from is shown, and nothing is asked", async () => {
  const code = await checkText(`
path_urls: ["http://192.0.2.1:1/paths?token=secret"]
path_names:
  - {name: db.example, scope: colocated}
  - {name: _virtloss._udp.example, type: SRV, scope: external, refresh: 5m}
`);

  expect(code).toBe(0);
  expect(stdout).toContain(`more paths from http://192.0.2.1:1/paths, over HTTP every 60 s
more paths from db.example address records, in DNS every 30 s: paths db.example/ADDRESS, scope colocated
more paths from _virtloss._udp.example SRV records, in DNS every 300 s: paths _virtloss._udp.example/TARGET:PORT, scope external
`);
});

test.each([
  ["[tcp], port: 443", "none", "0.8 s"],
  ["[tcp], port: 443, timeout: 5s", "none", "0.8 s"],
  ["[tcp], port: 443, timeout: 500ms", "none", "0.5 s"],
  ["[icmp, tcp], port: 443, sizes: [64, random]", "64,random,none", "1 s, tcp 0.8 s"],
  ["[icmp, stamp], sizes: [64, gso], timeout: 800ms", "64,gso", "0.8 s"],
])("protocols: %s are shown with the sizes %s and the timeout %s", async (protocols, sizes, timeout) => {
  await checkText(`paths: [{name: p, scope: external, target: a.example, protocols: ${protocols}}]`);

  expect(stdout.split("\n").find((line) => line.startsWith("p "))).toMatch(
    new RegExp(` {2}${sizes} +20 +${timeout} +\\d+$`),
  );
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
