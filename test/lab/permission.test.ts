import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeResult } from "../../src/report/probe-result.ts";
import { createWire, inputRules, shownProgram, TARGET, TARGET6, unprivileged, type Wire } from "../support/lab.ts";
import { expectBooksToBalance } from "../support/probing.ts";
import { expectScrapeToBalance, startExporter } from "../support/serving-exporter.ts";

const ALLOW = 'sysctl -qw net.ipv4.ping_group_range="0 2147483647"';
const REMEDY = 'either set the sysctl net.ipv4.ping_group_range="0 2147483647" or grant the capability CAP_NET_RAW';

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

const probeAsNobody = (...args: string[]) =>
  wire.prober.run(...(unprivileged(process.execPath, shownProgram, "probe", ...args) as [string, ...string[]]));

test.each([
  ["IPv4", TARGET, "icmp type"],
  ["IPv6", TARGET6, "icmpv6 type"],
])(
  "with the sysctl, nobody measures over %s what nftables dropped, by the kernel's stamps",
  async (_, address, match) => {
    await wire.prober.sh(ALLOW);
    await wire.target.nft(inputRules(`${match} echo-request numgen inc mod 40 == 0 counter drop comment "fault"`));

    const { code, stdout, stderr } = await probeAsNobody(address, "--count", "2000", "--rate", "2000", "--json");

    expect(stderr).toBe("");
    const result = JSON.parse(stdout) as ProbeResult;
    expect(await wire.target.counted("fault")).toBe(50);
    expect(result).toMatchObject({ sent: 2000, lost: 50, void: 0, duplicates: 0, prober: { timestamps: "kernel" } });
    expectBooksToBalance(result);
    expect(code).toBe(1);
  },
);

test.each([
  ["IPv4", TARGET],
  ["IPv6", TARGET6],
])("without permission, probe over %s ends with 3 and says what to grant", async (family, address) => {
  const { code, stdout, stderr } = await probeAsNobody(address, "--count", "10");

  expect({ code, stdout, stderr }).toEqual({
    code: 3,
    stdout: "",
    stderr: `no permission to send ICMP echo over ${family} (datagram socket: EACCES, raw socket: EPERM): ${REMEDY}\n`,
  });
});

test("without permission, the exporter runs and shows what to grant; once granted, the path is probed", async () => {
  const exporter = await startExporter(wire.prober, ["--path", `colocated=${TARGET}`], unprivileged(), shownProgram);

  const denied = await exporter.until("a path that failed", 10, (s) => s.sum("virtloss_probe_path_failed") === 1);
  expect(denied.value("virtloss_probe_path_failed", { path: TARGET, reason: "permission" })).toBe(1);
  expect(denied.value("virtloss_probe_sent_packets_total", { path: TARGET })).toBe(0);
  expect(denied.sum("virtloss_softnet_processed_total")).toBeGreaterThan(0);
  for (const collector of ["cpu", "softirq", "softnet", "nic", "transport"]) {
    expect([collector, denied.value("virtloss_collector_state", { collector, state: "ok" })]).toEqual([collector, 1]);
  }
  expect(denied.sum("virtloss_collector_state", { state: "failed" })).toBe(0);
  expect(await exporter.get("/")).toContain(REMEDY.replaceAll('"', "&quot;"));
  expect(await exporter.get("/-/ready", "-w", " %{http_code}")).toContain("200");

  await wire.prober.sh(ALLOW);

  // It asks the kernel again every 30 seconds.
  await sleep(20_000);
  const granted = await exporter.until("packets", 20, (s) => s.sum("virtloss_probe_received_packets_total") > 20);
  const { code } = await exporter.stop();
  expect(granted.value("virtloss_probe_path_failed", { path: TARGET })).toBeUndefined();
  expect(granted.sum("virtloss_probe_lost_packets_total")).toBe(0);
  expectScrapeToBalance(granted, TARGET);
  expect(code).toBe(0);
}, 60_000);
