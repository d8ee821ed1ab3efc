import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inputRules, TARGET, TARGET6 } from "../support/lab.ts";
import { useProbeBench } from "../support/probe-bench.ts";
import { checkMetrics } from "../support/promtool.ts";
import { startReflect } from "../support/reflecting.ts";
import { EXPORTER } from "../support/servers.ts";
import type { Scrape } from "../support/serving-exporter.ts";

const bench = useProbeBench();

const within = (seconds: number) => ["-H", `X-Prometheus-Scrape-Timeout-Seconds: ${seconds}`];

describe("an answer", () => {
  const config = `paths: []
probe:
  allow: [10.77.0.0/24, fd77::/64]
  modules:
    icmp: {count: 200, rate: 400}
    slow: {count: 100, rate: 20, scope: gateway}
`;
  const drops = inputRules('icmp type echo-request numgen inc mod 20 == 0 counter drop comment "dropped"');

  test("tells this run by gauges and goes on counting from run to run, as nft does", async () => {
    await bench.wire.target.nft(drops);
    await bench.serve(config);

    const first = await bench.exporter.probe(`target=${TARGET}`);
    const second = await bench.exporter.probe(`target=${TARGET}`);
    const other = await bench.exporter.probe(`target=${TARGET6}`);

    expect(first.value("probe_success")).toBe(1);
    expect(first.value("virtloss_probe_complete")).toBe(1);
    expect(first.value("virtloss_probe_run_packets")).toBe(200);
    expect(first.value("virtloss_probe_run_lost_packets")).toBe(10);
    expect(second.value("virtloss_probe_run_lost_packets")).toBe(10);
    expect(second.value("virtloss_probe_packets_total", { path: TARGET, scope: "external", size: "64" })).toBe(400);
    expect(second.value("virtloss_probe_lost_packets_total")).toBe(await bench.wire.target.counted("dropped"));
    expect(other.value("virtloss_probe_lost_packets_total")).toBe(0);
    for (const { text } of [first, second, other]) expect(checkMetrics(text)).toBe("");
    const paths = (scrape: Scrape) => new Set([...scrape.text.matchAll(/path="([^"]*)"/g)].map(([, path]) => path));
    expect([paths(second), paths(other)]).toEqual([new Set([TARGET]), new Set([TARGET6])]);
    expect((await bench.exporter.scrape()).text).not.toContain(TARGET);
  });

  test("comes before the scrape timeout; what has no verdict then is in flight, and has one in the next answer", async () => {
    await bench.serve(config);
    await bench.wire.target.nft(inputRules("icmp type echo-request drop"));

    const began = performance.now();
    const cut = await bench.exporter.probe(`target=${TARGET}&module=slow`, ...within(1.5));
    expect(performance.now() - began).toBeLessThan(1500);

    const counts = (scrape: Scrape) =>
      ["sent_packets_total", "packets_total", "in_flight_packets"].map((name) => scrape.sum(`virtloss_probe_${name}`));
    const [sent = 0, , inFlight = 0] = counts(cut);
    expect(cut.value("virtloss_probe_complete")).toBe(0);
    expect(cut.value("probe_success")).toBe(0);
    expect(sent).toBeGreaterThan(10);
    expect([sent, inFlight]).toEqual([sent, sent]);

    await sleep(1500);
    const [laterSent = 0, laterJudged = 0, laterInFlight = 0] = counts(
      await bench.exporter.probe(`target=${TARGET}&module=slow`, ...within(0.7)),
    );
    expect(laterJudged).toBe(sent);
    expect(laterSent).toBe(laterJudged + laterInFlight);
  });

  test("is given up when the client goes away: no packet more", async () => {
    await bench.serve(config);
    await bench.wire.target.nft(inputRules('icmp type echo-request counter comment "arrived"'));

    const { code } = await bench.wire.prober.run(
      "curl",
      "-s",
      "-m",
      "1",
      `${EXPORTER}/probe?target=${TARGET}&module=slow`,
    );
    await sleep(200);
    const arrived = await bench.wire.target.counted("arrived");
    await sleep(700);

    expect(code).toBe(28);
    expect(arrived).toBeGreaterThan(5);
    expect(arrived).toBeLessThan(40);
    expect(await bench.wire.target.counted("arrived")).toBe(arrived);
  });

  test("with debug=true says what became of each packet; the history has it too", async () => {
    await bench.wire.target.nft(drops);
    await bench.serve(config);

    const { body } = await bench.exporter.ask(`target=${TARGET}&debug=true`);

    expect(body.match(/^ *\d+ +[\d.]+ s {2}64 bytes +received, RTT [\d.]+ [µm]s$/gm)).toHaveLength(190);
    expect(body.match(/^ *\d+ +[\d.]+ s {2}64 bytes +lost$/gm)).toHaveLength(10);
    expect(body).toContain("sent 200, received 190, lost 10, void 0, in flight 0\n");
    expect(body).toContain(
      `virtloss_probe_sent_packets_total{path="${TARGET}",scope="external",protocol="icmp"} 200\n`,
    );
    expect(await bench.exporter.get("/probe/history")).toContain("loss 5.00 % (10 of 200");
    expect(await bench.exporter.get("/probe/history?id=1")).toContain("sent 200, received 190, lost 10");
  });
});

test("a stamp module tells the direction of loss, from the target's own reflector", async () => {
  const reflector = await startReflect(bench.wire.target, ["--allow", "10.77.0.0/24"]);
  bench.ends.push(() => reflector.stop());
  await bench.wire.target.nft(inputRules('udp dport 862 numgen inc mod 20 == 5 counter drop comment "dropped"'));
  await bench.serve(
    "paths: []\nprobe: {allow: [10.77.0.0/24], modules: {there: {protocol: stamp, count: 100, rate: 200}}}\n",
  );

  const answer = await bench.exporter.probe(`target=${TARGET}&module=there`);

  expect(await bench.wire.target.counted("dropped")).toBe(5);
  expect(answer.value("virtloss_probe_run_lost_packets")).toBe(5);
  expect(answer.value("virtloss_probe_direction_lost_packets_total", { direction: "forward" })).toBe(5);
  expect(checkMetrics(answer.text)).toBe("");
});

test("a tcp module loses the SYNs that nft drops, at an open port and at a closed one", async () => {
  const [open, closed] = [7000, 7001];
  const program = fileURLToPath(new URL("../support/accepting.mjs", import.meta.url));
  const accepting = bench.wire.target.spawn([process.execPath, program, String(open)]);
  await once(accepting.stdout as Readable, "data");
  bench.ends.push(async () => {
    accepting.kill();
    await once(accepting, "close");
  });
  const drop = (port: number) =>
    `tcp dport ${port} tcp flags & (syn|ack) == syn numgen inc mod 20 == 0 counter drop comment "${port}"`;
  await bench.wire.target.nft(inputRules(drop(open), drop(closed)));
  await bench.serve(`paths: []
probe:
  allow: [10.77.0.0/24]
  modules:
    closed: {protocol: tcp, port: ${closed}, count: 200, rate: 400}
    any: {protocol: tcp, count: 200, rate: 400}
`);

  const answers = [
    await bench.exporter.probe(`target=${TARGET}:${open}&module=any`),
    await bench.exporter.probe(`target=${TARGET}&module=closed`),
  ];

  expect([await bench.wire.target.counted(String(open)), await bench.wire.target.counted(String(closed))]).toEqual([
    10, 10,
  ]);
  for (const answer of answers) {
    expect(answer.value("probe_success")).toBe(1);
    expect(answer.value("virtloss_probe_run_packets")).toBe(200);
    expect(answer.value("virtloss_probe_run_lost_packets")).toBe(10);
    expect(answer.value("virtloss_probe_lost_packets_total", { protocol: "tcp", size: "none" })).toBe(10);
    expect(checkMetrics(answer.text)).toBe("");
  }
  // The kernel times what is accepted, and leaves a reset untimed.
  const [timed, untimed] = answers.map((answer) => answer.value("virtloss_probe_rtt_seconds_count"));
  expect(timed).toBeGreaterThan(150);
  expect(untimed).toBe(0);
  expect((await bench.wire.prober.sh("ss -Htan state all exclude listening")).includes(`${TARGET}:70`)).toBe(false);
});
