import { counter, gauge, histogram, histogramSample, type Sample, sample } from "../../src/metrics/define.ts";
import type { ExpositionFormat } from "../../src/metrics/exposition.ts";
import { createMetricStore, type MetricStore } from "../../src/metrics/store.ts";
import { checkMetrics } from "../support/promtool.ts";

const frames = counter("virtloss_test_frames_total", "Frames.", ["device"]);
const queues = gauge("virtloss_test_queues", 'Queues of a "device".', ["device"]);
const delay = histogram("virtloss_test_delay_seconds", "Delay.", [0.1, 1], ["path"]);

const of = (device: string, value: number): Sample => sample(frames, { device }, value);

async function render(store: MetricStore, format: ExpositionFormat = "text"): Promise<string> {
  let text = "";
  for await (const piece of store.render(format)) text += piece;
  return text;
}

test("a counter shows the absolute total that its source gave, with help and type", async () => {
  const store = createMetricStore();
  store.replace("nic", [of("eth0", 7)]);

  expect(await render(store)).toBe(
    '# HELP virtloss_test_frames_total Frames.\n# TYPE virtloss_test_frames_total counter\nvirtloss_test_frames_total{device="eth0"} 7\n',
  );
});

test("OpenMetrics has the family without _total, the sample with it, and an end", async () => {
  const store = createMetricStore();
  store.replace("nic", [of("eth0", 7)]);

  expect(await render(store, "openmetrics")).toBe(
    '# HELP virtloss_test_frames Frames.\n# TYPE virtloss_test_frames counter\nvirtloss_test_frames_total{device="eth0"} 7\n# EOF\n',
  );
});

test("a vanished device drops its series, and a source that falls silent all of them", async () => {
  const store = createMetricStore();
  store.replace("nic", [of("eth0", 7), of("eth1", 8)]);
  store.replace("nic", [of("eth1", 9)]);
  expect(await render(store)).not.toContain("eth0");

  store.replace("nic", []);

  expect(await render(store)).not.toContain("{");
});

test("a metric that nobody named is not exposed: absent is not zero", async () => {
  expect(await render(createMetricStore())).toBe("");
});

test("a metric belongs to one source", () => {
  const store = createMetricStore();
  store.replace("nic", [of("eth0", 1)]);

  expect(() => store.replace("other", [of("eth0", 1)])).toThrow(
    "virtloss_test_frames_total belongs to nic, not to other",
  );
});

test("buckets are cumulative and end with +Inf, sum and count", async () => {
  const store = createMetricStore();
  store.replace("prober", [histogramSample(delay, { path: "db" }, [3, 2, 1], 2.5)]);

  expect((await render(store)).split("\n").slice(2)).toEqual([
    'virtloss_test_delay_seconds_bucket{le="0.1",path="db"} 3',
    'virtloss_test_delay_seconds_bucket{le="1",path="db"} 5',
    'virtloss_test_delay_seconds_bucket{le="+Inf",path="db"} 6',
    'virtloss_test_delay_seconds_sum{path="db"} 2.5',
    'virtloss_test_delay_seconds_count{path="db"} 6',
    "",
  ]);
});

test("label values with quotes, backslashes and line ends are escaped", async () => {
  const store = createMetricStore();
  store.replace("nic", [sample(queues, { device: 'a"b\\c\nd' }, 1)]);

  expect(await render(store)).toContain('{device="a\\"b\\\\c\\nd"} 1');
});

test("a family larger than a piece has its header once and all of its series", async () => {
  const store = createMetricStore();
  const devices = Array.from({ length: 1_234 }, (_, i) => `eth${i}`);
  store.replace("nic", [
    ...devices.map((device) => of(device, 1)),
    ...devices.map((device) => sample(queues, { device }, 4)),
  ]);

  const text = await render(store);

  expect(text.match(/^# TYPE virtloss_test_frames_total/gm)).toHaveLength(1);
  expect(text.match(/^virtloss_test_frames_total\{/gm)).toHaveLength(1_234);
  expect(text.match(/^virtloss_test_queues\{/gm)).toHaveLength(1_234);
  expect(checkMetrics(text)).toBe("");
});

test("what is replaced while a rendering is under way belongs to the next one", async () => {
  const store = createMetricStore();
  const many = (value: number) => Array.from({ length: 2_000 }, (_, i) => of(`eth${i}`, value));
  store.replace("nic", many(1));

  const pieces = store.render("text");
  const first = await pieces.next();
  store.replace("nic", many(2));
  let rest = "";
  for await (const piece of pieces) rest += piece;

  expect(`${first.value}${rest}`).not.toMatch(/ 2$/m);
  expect(await render(store)).toMatch(/ 2$/m);
});
