import { monitorEventLoopDelay } from "node:perf_hooks";
import * as objects from "../../support/fake-nsx-objects.mjs";
import { createNsxLab, POLICIES, readOnce, valuesOf } from "./support.ts";

const lab = createNsxLab();
afterAll(() => lab.stop());

test("500 segments, ten of them limited: each has its drops within three readings, the limited ones at once", async () => {
  const manager = await lab.start();
  const isLimited = (i: number) => i % 50 === 0;
  manager.objects = [
    objects.securityProfile("storm", { rx_broadcast: 100 }),
    ...Array.from({ length: 500 }, (_, i) => objects.segment(`s${i}`)),
    ...Array.from({ length: 500 }, (_, i) => (isLimited(i) ? [objects.securityBinding(`s${i}`, "storm")] : [])).flat(),
  ];
  for (let i = 0; i < 500; i++) {
    manager.statistics.set(
      `/infra/segments/s${i}`,
      objects.segmentStatistics(
        { rx_rate_limit_bcast_drops: isLimited(i) ? i : 0 },
        { rx_dropped: 2 * i, tx_dropped: 0 },
      ),
    );
  }
  const source = lab.open(manager);
  const read = async () => {
    const reading = await readOnce(source);
    expect(reading.notes).toEqual([]);
    const drops = valuesOf(reading, "virtloss_nsx_segment_drops_total", "network", "direction", "cause");
    return { series: reading.series, drops, networks: new Set(Object.keys(drops).map((key) => key.split(" ")[0])) };
  };

  const first = await read();
  expect(first.networks.size).toBe(200);
  expect(first.series['virtloss_nsx_segments{server="nsx-a"}']).toBe(500);
  for (let i = 0; i < 500; i += 50) expect(first.drops[`s${i} from_guest rate_limit_broadcast`]).toBe(i);
  expect((await read()).networks.size).toBe(400);
  const third = await read();
  expect(third.networks.size).toBe(500);
  for (let i = 0; i < 500; i++) expect(third.drops[`s${i} from_guest firewall`]).toBe(2 * i);
  expect(manager.mostOpen).toBeLessThanOrEqual(2);
});

test("5,000 segments and 5,000 rules hold the event loop for less than 50 ms at a time", async () => {
  const manager = await lab.start();
  const rules = Array.from({ length: 5000 }, (_, i) => objects.rule(`p${i % 20}`, `r${i}`, { rule_id: 1000 + i }));
  manager.objects = [
    ...Array.from({ length: 5000 }, (_, i) => objects.segment(`s${i}`)),
    ...Array.from({ length: 20 }, (_, i) => objects.policy(`p${i}`, `Policy ${i}`)),
    ...rules,
  ];
  for (let p = 0; p < 20; p++) {
    const own = rules.filter((_, i) => i % 20 === p).map(({ path }, i) => [path, 20 * i + p] as const);
    manager.statistics.set(`${POLICIES}/p${p}`, objects.policyStatistics(Object.fromEntries(own)));
  }
  for (let i = 0; i < 5000; i++) manager.statistics.set(`/infra/segments/s${i}`, objects.segmentStatistics());
  const source = lab.open(manager);
  await readOnce(source);
  const delay = monitorEventLoopDelay({ resolution: 1 });

  delay.enable();
  const reading = await readOnce(source);
  delay.disable();

  const rulePackets = valuesOf(reading, "virtloss_nsx_firewall_rule_dropped_packets_total", "rule_id");
  expect(Object.values(rulePackets).sort((a, b) => b - a)).toEqual(Array.from({ length: 50 }, (_, i) => 4999 - i));
  // The manager is in this process too: what it takes to write a page is in the delay as well.
  expect(delay.percentile(99) / 1e6).toBeLessThan(50);
});
