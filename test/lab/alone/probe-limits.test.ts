import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtModule, shownProgram, TARGET, TARGET6, unprivileged } from "../../support/lab.ts";
import { useProbeBench } from "../../support/probe-bench.ts";
import { EXPORTER } from "../../support/servers.ts";

const bench = useProbeBench();

test("beyond its concurrency, and beyond the engine's rate, requests are told to come again", async () => {
  await bench.serve(`paths: [{name: busy, scope: control, target: 127.0.0.1, rate: 1000}]
probe:
  allow: [10.77.0.0/24]
  concurrency: 3
  modules: {icmp: {count: 20, rate: 20}, fast: {count: 100, rate: 99500}}
`);

  const answers = await Promise.all(Array.from({ length: 6 }, () => bench.exporter.ask(`target=${TARGET}`, "-D", "-")));
  const fast = await bench.exporter.ask(`target=${TARGET}&module=fast`);

  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429]);
  for (const { body } of refused) {
    expect(body).toMatch(/^Retry-After: 1\r$/m);
    expect(body).toContain("3 runs are under way already");
  }
  expect(fast).toEqual({ status: 429, body: expect.stringContaining("beyond its 100000 packets/s") });
});

test("fifty requests at once and a thousand in a row: memory stays, and the configured paths do not notice", async () => {
  await bench.serve(`paths: [{name: steady, scope: colocated, target: ${TARGET}, rate: 500}]
probe:
  allow: [10.77.0.0/24, fd77::/64]
  concurrency: 50
  modules: {icmp: {count: 20, rate: 100}, quick: {count: 1, rate: 1000}}
`);
  const inARow = (requests: number) => {
    const urls = Array.from({ length: requests }, (_, i) => {
      const target = i % 2 === 0 ? TARGET : TARGET6;
      return `url = "${EXPORTER}/probe?target=${target}&module=quick"\noutput = /dev/null\n`;
    });
    writeFileSync(join(bench.directory, "urls"), urls.join(""));
    return bench.wire.prober.run("curl", "-sS", "-w", "%{http_code} ", "--config", join(bench.directory, "urls"));
  };
  const memory = async () => (await bench.exporter.scrape()).value("process_resident_memory_bytes") ?? 0;

  const together = await Promise.all(Array.from({ length: 50 }, () => bench.exporter.probe(`target=${TARGET}`)));
  const codes: string[] = [];
  const levels: number[] = [];
  for (let round = 0; round < 5; round++) {
    codes.push(...(await inARow(400)).stdout.trim().split(" "));
    levels.push(await memory());
  }

  expect(together.map((answer) => answer.value("virtloss_probe_run_lost_packets"))).toEqual(together.map(() => 0));
  expect(new Set(codes)).toEqual(new Set(["200"]));
  // A leak grows in every round; the collector's own putting off, in some.
  const growth = levels.slice(1).map((level, i) => level - (levels[i] ?? 0));
  expect(Math.min(...growth)).toBeLessThan(4 * 2 ** 20);
  const scrape = await bench.exporter.scrape();
  const steady = (name: string) => scrape.sum(`virtloss_probe_${name}_packets_total`, { path: "steady" });
  expect(steady("sent")).toBeGreaterThan(2000);
  expect([steady("lost"), steady("void"), steady("duplicate")]).toEqual([0, 0, 0]);
  expect(scrape.text.match(/^virtloss_probe_sent_packets_total/gm)).toHaveLength(1);
}, 60_000);

test("where this machine may not probe, or the engine's worker dies, the answer is 503 and says so", async () => {
  // Nobody has to read the configuration.
  chmodSync(bench.directory, 0o755);
  await bench.serve(`paths: []\nprobe: {allow: [10.77.0.0/24]}\n`, unprivileged(), shownProgram);
  for (let i = 0; i < 2; i++) {
    expect(await bench.exporter.ask(`target=${TARGET}`)).toEqual({
      status: 503,
      body: expect.stringContaining("grant the capability CAP_NET_RAW"),
    });
  }

  const script = fileURLToPath(new URL("../../support/probe-worker-dies.mjs", import.meta.url));
  const { stdout, stderr } = await bench.wire.prober.run(process.execPath, script, builtModule("src"));

  if (stdout === "") throw new Error(stderr);
  expect(JSON.parse(stdout)).toEqual([
    { status: 503, message: "the probe engine's worker died and is started again: ask once more" },
    { status: 200 },
  ]);
});
