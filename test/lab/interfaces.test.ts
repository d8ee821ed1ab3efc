import { setTimeout as sleep } from "node:timers/promises";
import { createWire, type Finished, inputRules, program, TARGET, type Wire } from "../support/lab.ts";
import { expectBooksToBalance, probe, startProbe } from "../support/probing.ts";
import { expectScrapeToBalance, startExporter } from "../support/serving-exporter.ts";

/** An address that no route of the wire leads to. */
const ELSEWHERE6 = "2001:db8::1";

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

const countArrivals = () => wire.target.nft(inputRules(`icmp type echo-request counter accept comment "arrived"`));
const refuse = (which: string) =>
  wire.prober.nft(`table inet lab {
  chain output {
    type filter hook output priority 0
    icmp type echo-request ${which} drop
  }
}
`);

/** A probe that sends nothing at all: what it says, and its exit code. */
function probeInVain(...args: string[]): Promise<Finished> {
  return wire.prober.run(process.execPath, program, "probe", ...args, "--count", "20", "--rate", "100", "--json");
}

function expectAllRefused({ code, stdout, stderr }: Finished, message: string): void {
  expect({ code, stderr }).toEqual({ code: 3, stderr: `${message}\n` });
  expect(JSON.parse(stdout)).toMatchObject({ sent: 20, void: 20, sendErrors: 20, lost: 0, lossRatio: null });
}

test("while the interface is away, what is sent is void; what comes back before and after is received", async () => {
  await countArrivals();
  await wire.prober.nft(inputRules(`icmp type echo-reply counter accept comment "answered"`));
  const { result } = startProbe(wire.prober, TARGET, "--count", "3000", "--rate", "1000");
  await sleep(1200);

  await wire.prober.sh("ip link set v0 down");
  const before = await wire.target.counted("arrived");
  await sleep(800);
  await wire.prober.sh("ip link set v0 up");

  const finished = await result;
  const arrived = await wire.target.counted("arrived");
  expect(before).toBeGreaterThan(100);
  expect(arrived).toBeGreaterThan(before + 100);
  expect(finished).toMatchObject({ sent: 3000, duplicates: 0, prober: { valid: false } });
  // After the interface is back both ends have to find their neighbour anew. That may take a second, in which their kernels
  // hold some packets back, so that replies are late, and drop the rest: those are lost.
  const answered = await wire.prober.counted("answered");
  expect(answered).toBeLessThanOrEqual(arrived);
  expect(finished.received + finished.late).toBe(answered);
  expect(finished.lost - finished.late).toBe(3000 - finished.void - answered);
  expect(finished.sendErrors).toBe(finished.void);
  expect(finished.void).toBeGreaterThan(500);
  expectBooksToBalance(finished);
});

test("the exporter shows a path as failed while its interface is away, with the reason, and no longer once it is back", async () => {
  const exporter = await startExporter(wire.prober, ["--path", `colocated=${TARGET}`, "--path", "control=127.0.0.1"]);
  const path = TARGET;
  await exporter.until("replies", 10, (s) => s.sum("virtloss_probe_received_packets_total", { path }) > 5);

  await wire.prober.sh("ip link set v0 down");
  const away = await exporter.until("a failed path", 10, (s) => s.sum("virtloss_probe_path_failed") > 0);
  const page = await exporter.get("/");
  await wire.prober.sh("ip link set v0 up");
  const back = await exporter.until("no failed path", 10, (s) => s.sum("virtloss_probe_path_failed") === 0);
  await exporter.stop();

  expect(away.value("virtloss_probe_path_failed", { path, reason: "send_refused" })).toBe(1);
  expect(page).toContain("the kernel refuses every packet (ENETUNREACH): there is no route to it");
  expect(back.value("virtloss_probe_send_errors_total", { path, reason: "ENETUNREACH" })).toBe(
    back.value("virtloss_probe_void_packets_total", { path, reason: "send_failed" }),
  );
  // Held back until the neighbour was found again: too late, but none went missing.
  expect(back.sum("virtloss_probe_lost_packets_total")).toBe(back.sum("virtloss_probe_late_packets_total"));
  expect(back.sum("virtloss_probe_send_errors_total", { path: "127.0.0.1" })).toBe(0);
  expectScrapeToBalance(back, path);
  expectScrapeToBalance(back, "127.0.0.1");
});

test("IPv6 without a route: all void, exit 3, and the message speaks of the route", async () => {
  expectAllRefused(
    await probeInVain(ELSEWHERE6),
    `the kernel refuses every packet to ${ELSEWHERE6} (ENETUNREACH): there is no route to it: see \`ip route get\``,
  );
});

test("a local firewall that lets no echo request out: all void, exit 3, and the message speaks of the firewall", async () => {
  await refuse("");

  expectAllRefused(
    await probeInVain(TARGET),
    `the kernel refuses every packet to ${TARGET} (EPERM): a local firewall drops our packets: let them out`,
  );
});

test("a local firewall that lets half of them out: the rest is void, none is lost", async () => {
  await countArrivals();
  await refuse("numgen inc mod 2 == 0");

  const result = await probe(wire.prober, TARGET, "--count", "100", "--rate", "50");

  expect(result.received).toBe(await wire.target.counted("arrived"));
  expect(result.received).toBeGreaterThan(20);
  expect(result).toMatchObject({ sent: 100, lost: 0, sendErrors: result.void, prober: { valid: false } });
  // At this rate packets mostly go out one by one. One refused behind others of its batch is tried once more.
  expect(result.void).toBeGreaterThan(20);
  expectBooksToBalance(result);
});

test("a queue of our interface that is full says ENOBUFS to a datagram socket: void, and told by name", async () => {
  await countArrivals();
  await wire.prober.sh('sysctl -qw net.ipv4.ping_group_range="0 2147483647"');
  await wire.prober.sh("tc qdisc add dev v0 root tbf rate 200kbit burst 3000 limit 3000");
  const exporter = await startExporter(wire.prober, ["--config", await configFile(`rate: 200, sizes: [1000]`)]);

  const scrape = await exporter.until("ENOBUFS", 10, (s) => s.sum("virtloss_probe_send_errors_total") > 100);
  await exporter.stop();

  const refused = scrape.value("virtloss_probe_send_errors_total", { path: "wire", reason: "ENOBUFS" }) ?? 0;
  const voided = scrape.value("virtloss_probe_void_packets_total", { path: "wire", reason: "send_failed" }) ?? 0;
  expect(scrape.sum("virtloss_probe_send_errors_total")).toBe(refused);
  // A refusal is counted at once, the verdict waits for those of the packets before it.
  expect(voided).toBeGreaterThan(0);
  expect(refused - voided).toBeGreaterThanOrEqual(0);
  expect(refused - voided).toBeLessThanOrEqual(scrape.sum("virtloss_probe_in_flight_packets"));
  expect(scrape.sum("virtloss_probe_lost_packets_total")).toBe(0);
  expect(scrape.sum("virtloss_probe_received_packets_total")).toBeGreaterThan(10);
  expectScrapeToBalance(scrape, "wire");
});

test("a send buffer that is full says EAGAIN: void, and what was in it is received", async () => {
  await countArrivals();
  // The queue holds what the link does not take yet, at the cost of our send buffer, which is as small as the receive buffer.
  await wire.prober.sh("tc qdisc add dev v0 root tbf rate 2mbit burst 3000 limit 100mb");

  const result = await probe(
    wire.prober,
    TARGET,
    ...["--count", "1000", "--rate", "500", "--size", "1400", "--timeout", "10s", "--receive-buffer", "200000"],
  );

  const [qdisc] = JSON.parse(await wire.prober.sh("tc -s -j qdisc show dev v0")) as { drops: number }[];
  expect(qdisc?.drops).toBe(0);
  expect(result).toMatchObject({ sent: 1000, lost: 0, sendErrors: result.void, prober: { valid: false } });
  expect(result.received).toBe(await wire.target.counted("arrived"));
  expect(result.void).toBeGreaterThan(100);
  expect(result.received).toBeGreaterThan(200);
  expectBooksToBalance(result);
});

async function configFile(path: string): Promise<string> {
  const file = `/tmp/${wire.prober.name}.yaml`;
  await wire.prober.sh(`echo 'paths: [{name: wire, scope: colocated, target: ${TARGET}, ${path}}]' > ${file}`);
  return file;
}
