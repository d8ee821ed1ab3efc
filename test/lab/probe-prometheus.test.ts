import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TARGET, TARGET6 } from "../support/lab.ts";
import { useProbeBench } from "../support/probe-bench.ts";
import { eventually, PROMETHEUS, type PromSeries, root } from "../support/servers.ts";

const page = readFileSync("docs/probe.md", "utf8");
const examples = [...page.matchAll(/^```(yaml|promql)\n(.*?)^```/gms)].map(([, , text = ""]) => text);

const bench = useProbeBench();

async function startPrometheus(scrapes: string): Promise<void> {
  const config = `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["${join(root, "alerts/virtloss.rules.yaml")}"]
${scrapes}`;
  writeFileSync(join(bench.directory, "prometheus.yml"), config);
  const child = bench.wire.prober.spawn([
    "prometheus",
    `--config.file=${join(bench.directory, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(bench.directory, "data")}`,
    "--web.listen-address=127.0.0.1:9090",
  ]);
  child.stderr?.resume();
  child.stdout?.resume();
  const gone = once(child, "exit");
  bench.ends.push(() => {
    child.kill("SIGTERM");
    return gone;
  });
}

async function query(expr: string): Promise<readonly PromSeries[]> {
  const { stdout } = await bench.wire.prober.run(
    "curl",
    "-sS",
    "-G",
    "--data-urlencode",
    `query=${expr}`,
    `${PROMETHEUS}/api/v1/query`,
  );
  const answer = JSON.parse(stdout) as { data?: { result: PromSeries[] }; error?: string };
  if (!answer.data) throw new Error(`${expr}: ${answer.error}`);
  return answer.data.result;
}

async function figure(expr: string): Promise<number | undefined> {
  const [series, more] = await query(expr);
  if (more) throw new Error(`more than one series: ${expr}`);
  return series && Number(series.value[1]);
}

test("Prometheus, told as the page says, has nft's own figures of two targets, and the rules hold for them", async () => {
  const [, scrapes = "", lossOfRuns = ""] = examples;
  await bench.serve(`paths: []
probe: {allow: [10.77.0.0/24, fd77::/64], timeout_offset: 200ms, modules: {icmp: {count: 50, rate: 200, timeout: 200ms}}}
`);
  // The counter outlives the rule, so that the loss can end.
  await bench.wire.target.nft(`table inet lab {
  counter dropped { }
  chain input {
    type filter hook input priority 0
    icmp type echo-request numgen inc mod 20 == 0 counter name dropped drop
  }
}
`);
  await startPrometheus(
    scrapes
      .replace("[10.0.0.12, db.example]", `["${TARGET}", "${TARGET6}"]`)
      .replace("scrape_interval: 15s", "scrape_interval: 1s"),
  );
  const packets = (instance: string) => `virtloss_probe_packets_total{instance="${instance}"}`;
  await eventually("some runs", 20, async () => ((await figure(packets(TARGET))) ?? 0) >= 400 || undefined);
  await bench.wire.target.sh("nft flush chain inet lab input");
  const then = (await figure(packets(TARGET))) ?? 0;
  await eventually(
    "runs without loss",
    15,
    async () => ((await figure(packets(TARGET))) ?? 0) > then + 100 || undefined,
  );

  const dropped = Number(/packets (\d+)/.exec(await bench.wire.target.sh("nft list counter inet lab dropped"))?.[1]);
  const of = (name: string, instance: string) => figure(`${name}{instance="${instance}"}`);
  expect(dropped).toBeGreaterThan(15);
  expect(await of("virtloss_probe_lost_packets_total", TARGET)).toBe(dropped);
  expect(await of("virtloss_probe_lost_packets_total", TARGET6)).toBe(0);
  expect(await figure(`sum_over_time(virtloss_probe_run_lost_packets{instance="${TARGET}"}[5m])`)).toBe(dropped);
  expect(await query("up == 0 or probe_success == 0 or virtloss_probe_complete == 0")).toEqual([]);
  expect(await query(lossOfRuns)).toHaveLength(2);
  expect(await figure(`path:virtloss_loss:ratio_rate5m{path="${TARGET}"}`)).toBeGreaterThan(0);
  expect(await figure(`path:virtloss_loss:ratio_rate5m{path="${TARGET6}"}`)).toBe(0);
}, 60_000);
