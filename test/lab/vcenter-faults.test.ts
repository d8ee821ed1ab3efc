import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Certificates, makeCertificates } from "../support/certificates.mjs";
import { type FakeVcenter, startFakeVcenter } from "../support/fake-vcenter.mjs";
import { program } from "../support/lab.ts";
import { checkMetrics } from "../support/promtool.ts";
import { eventually } from "../support/servers.ts";

const directory = mkdtempSync(join(tmpdir(), "virtloss-vcenters-"));
const certificates: Certificates = makeCertificates(directory);
const vcenters: FakeVcenter[] = [];
let exporter: ChildProcess | undefined;
let log = "";
let origin = "";

afterEach(async () => {
  await stopExporter();
  for (const vcenter of vcenters.splice(0)) await vcenter.stop();
});
afterAll(() => rmSync(directory, { recursive: true }));

async function startVcenter(kind: "good" | "selfSigned", password = "first-secret"): Promise<FakeVcenter> {
  const vcenter = await startFakeVcenter(certificates[kind], { password });
  vcenters.push(vcenter);
  return vcenter;
}

/** One entry of `vcenters:`, with the password that the exporter is given. */
function entry(name: string, { url }: FakeVcenter, password: string): string {
  const file = join(directory, `${name}.password`);
  writeFileSync(file, `${password}\n`);
  return `  - {name: ${name}, url: "${url}", username: reader@vsphere.local, password_file: ${file}, interval: 20s, timeout: 5s, tls: {ca_file: ${certificates.caFile}}}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** On loopback of the machine itself, where the fakes are. */
async function startExporter(...entries: readonly string[]): Promise<void> {
  const config = join(directory, "virtloss.yaml");
  writeFileSync(config, `vcenters:\n${entries.join("\n")}\n`);
  const listen = `127.0.0.1:${await freePort()}`;
  origin = `http://${listen}`;
  log = "";
  exporter = spawn(process.execPath, [program, "serve", "--config", config, "--listen", listen], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  exporter.stderr?.on("data", (data: Buffer) => {
    log += data;
  });
  await eventually("an answer of the exporter", 15, () => get("/-/healthy")).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${log}`);
  });
}

async function stopExporter(): Promise<void> {
  const ending = exporter;
  exporter = undefined;
  if (!ending || ending.exitCode !== null) return;
  const ended = once(ending, "exit");
  ending.kill("SIGTERM");
  await ended;
}

async function get(path: string): Promise<string> {
  const answer = await fetch(`${origin}${path}`);
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  return answer.text();
}

interface LogLine {
  readonly msg: string;
  readonly server?: string;
  readonly reason?: string;
  readonly problem?: string;
}

/** What the log said about servers: JSON lines. */
function logged(): LogLine[] {
  const lines = log.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as LogLine).filter(({ server }) => server !== undefined);
}

/** Scrapes until a line is there. */
function untilLine(line: string, seconds: number): Promise<string> {
  return eventually(line, seconds, async () => {
    const text = await get("/metrics");
    return text.split("\n").includes(line) ? text : undefined;
  });
}

test("servers with a wrong password or an unknown certificate are told, tried once, and leave the others alone", async () => {
  const [good, refusing, unknown] = [
    await startVcenter("good"),
    await startVcenter("good", "another-secret"),
    await startVcenter("selfSigned"),
  ];
  for (const vm of good.inventory.vms) vm.name = `${vm.name} 50% "ü"\n\\/ 🦊`;
  good.performance.add("vm-101", "cpu.ready.summation", "0", "2026-11-23T10:00:00Z", 1250);
  await startExporter(
    entry("good", good, "first-secret"),
    entry("refusing", refusing, "second-secret"),
    entry("unknown", unknown, "third-secret"),
  );

  await untilLine('virtloss_server_failure{collector="vcenter",server="refusing",reason="credentials"} 1', 15);
  await untilLine('virtloss_server_failure{collector="vcenter",server="unknown",reason="certificate"} 1', 15);
  const text = await untilLine('virtloss_vcenter_machines{server="good"} 4', 15);
  const page = await get("/");
  await stopExporter();

  expect(text).toContain('virtloss_server_state{collector="vcenter",server="good",state="ok"} 1\n');
  expect(text).toContain('virtloss_collector_state{collector="vcenter",state="failed"} 1\n');
  expect(text).toMatch(/^virtloss_vcpu_ready_seconds_total\{vm="vm101 50% \\"ü\\"\\n\\\\\/ 🦊",.*\} 1\.25$/m);
  expect(checkMetrics(text)).toBe("");
  expect(
    logged()
      .map(({ msg, server, reason }) => `${server}: ${msg}, ${reason}`)
      .sort(),
  ).toEqual(["refusing: a source cannot be read, credentials", "unknown: a source cannot be read, certificate"]);
  expect(page).toMatch(/refuses the login of reader@vsphere\.local/);
  expect(page).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.* SHA-256 fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2}/);
  for (const secret of ["first-secret", "second-secret", "third-secret"])
    expect(`${text}${page}${log}`).not.toContain(secret);
  expect([good.logins, refusing.logins, unknown.logins]).toEqual([[true], [false], []]);
  expect(good.held()).toEqual([]);
}, 60_000);

test("a vCenter that comes up after the exporter, and is restarted, is read again without anybody's help", async () => {
  const vcenter = await startVcenter("good");
  vcenter.performance.add("vm-101", "cpu.ready.summation", "0", "2026-11-23T10:00:00Z", 1000);
  await vcenter.down();
  await startExporter(entry("late", vcenter, "first-secret"));
  const ready =
    'virtloss_vcpu_ready_seconds_total{vm="vm101",vm_uuid="4e822042-ebc2-46ed-47db-000000000065",vcpu="0",hypervisor="vmware"}';

  const down = await untilLine('virtloss_server_failure{collector="vcenter",server="late",reason="unreachable"} 1', 15);
  await vcenter.up();
  const up = await untilLine(`${ready} 1`, 40);
  vcenter.forgetAll();
  vcenter.performance.add("vm-101", "cpu.ready.summation", "0", "2026-11-23T10:00:20Z", 500);
  const restarted = await untilLine(`${ready} 1.5`, 40);

  expect(down).not.toContain("virtloss_vcenter_machines");
  for (const text of [up, restarted]) {
    expect(text).toContain('virtloss_server_state{collector="vcenter",server="late",state="ok"} 1\n');
    expect(text).not.toContain("virtloss_server_failure{");
  }
  expect(vcenter.logins).toEqual([true, true]);
  expect(logged().map(({ msg, reason }) => [msg, reason])).toEqual([
    ["a source cannot be read", "unreachable"],
    ["a source is read again", undefined],
  ]);
}, 120_000);

/** What is wrong with the answers of a server, and the reason that is told. */
const faults = {
  unavailable: "unreachable",
  reset: "unreachable",
  hang: "unreachable",
  slow: "unreachable",
  half: "answer",
  loginPage: "answer",
  entities: "answer",
  deep: "answer",
  huge: "answer",
  gzip: "answer",
  systemError: "answer",
  unauthorized: "credentials",
  noPermission: "privilege",
};

test("each fault is told by a metric with its reason, and once by the log with what to do", async () => {
  const names = Object.keys(faults);
  const servers = await Promise.all(names.map(() => startVcenter("good")));
  for (const [i, server] of servers.entries()) server.fail(names[i] ?? "", { on: "WaitForUpdatesEx" });
  const good = await startVcenter("good");
  const entries = servers.map((server, i) => entry(names[i] ?? "", server, "first-secret"));
  await startExporter(...entries, entry("good", good, "first-secret"));

  const told = await eventually("all faults", 40, async () => {
    const text = await get("/metrics");
    const lines = text.split("\n").filter((line) => line.startsWith("virtloss_server_failure{"));
    return lines.length === names.length ? lines.sort() : undefined;
  });
  const ofGood = await untilLine('virtloss_server_state{collector="vcenter",server="good",state="ok"} 1', 5);
  // The next reading of each is as bad: no news.
  await sleep(22_000);
  await get("/metrics");

  expect(told).toEqual(
    Object.entries(faults)
      .map(([server, reason]) => `virtloss_server_failure{collector="vcenter",server="${server}",reason="${reason}"} 1`)
      .sort(),
  );
  expect(ofGood).toContain('virtloss_vcenter_machines{server="good"} 4\n');
  const lines = logged();
  expect(lines.map(({ server, reason }) => `${server} ${reason}`).sort()).toEqual(
    Object.entries(faults)
      .map((pair) => pair.join(" "))
      .sort(),
  );
  process.stderr.write(
    `${lines.map(({ server, reason, problem }) => `${server}: ${reason}: ${problem}`).join("\n")}\n`,
  );
}, 120_000);
