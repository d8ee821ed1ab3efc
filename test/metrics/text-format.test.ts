import fc from "fast-check";
import { type AnySample, counter, gauge, histogram, histogramSample, sample } from "../../src/metrics/define.ts";
import { type MetricFamily, renderExposition } from "../../src/metrics/exposition.ts";
import {
  type ExpositionFormat,
  histogramLines,
  joinLabels,
  labelText,
  seriesLine,
} from "../../src/metrics/text-format.ts";

const formats: readonly ExpositionFormat[] = ["text", "openmetrics"];
const help = 'Sent by "us" over \\ and\nmore.';
const sent = counter("virtloss_test_sent_total", help, ["path", "size"]);
const inFlight = gauge("virtloss_test_in_flight", help, ["path", "size"]);
const rtt = histogram("virtloss_test_rtt_seconds", help, [1e-5, 0.1, 1], ["path", "size"]);

async function render(family: MetricFamily, format: ExpositionFormat): Promise<string> {
  let text = "";
  for await (const piece of renderExposition([family], format)) text += piece;
  return text;
}

const hostile = fc.string({
  unit: fc.constantFrom("a", "\\", '"', "\n", "\r", "{", "}", ",", " ", "é", "💥", "\ud800"),
});
const values = fc.oneof(fc.double(), fc.nat(), fc.constantFrom(0, -0, 1e21, 2 ** 53, 5e-324));

test("our lines are those of prom-client, whatever labels and values are", async () => {
  const series = fc.array(fc.record({ path: hostile, size: hostile, value: values }), { maxLength: 5 });

  await fc.assert(
    fc.asyncProperty(series, async (rows) => {
      for (const metric of [sent, inFlight]) {
        const samples = rows.map(({ path, size, value }) => sample(metric, { path, size }, value));
        const lines = rows.map(({ path, size, value }) =>
          seriesLine(metric, joinLabels(labelText({ path }), labelText({ size })), value),
        );
        for (const format of formats)
          expect(await render({ metric, lines }, format)).toBe(await render({ metric, samples }, format));
      }
    }),
  );
});

test("our histograms are those of prom-client", async () => {
  const counts = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat());
  const series = fc.array(fc.record({ path: hostile, size: hostile, counts, sum: values }), { maxLength: 3 });

  await fc.assert(
    fc.asyncProperty(series, async (rows) => {
      const linesOf = histogramLines(rtt);
      const samples: AnySample[] = rows.map(({ path, size, counts, sum }) =>
        histogramSample(rtt, { path, size }, counts, sum),
      );
      const lines = rows.map(({ path, size, counts, sum }) =>
        linesOf(labelText({ path, size }), Float64Array.from(counts), sum),
      );
      for (const format of formats)
        expect(await render({ metric: rtt, lines }, format)).toBe(await render({ metric: rtt, samples }, format));
    }),
  );
});

test("a family without series is its header alone, as with prom-client", async () => {
  for (const format of formats)
    expect(await render({ metric: sent, lines: [] }, format)).toBe(await render({ metric: sent, samples: [] }, format));
});

test("a family larger than a piece comes in pieces of whole lines", async () => {
  const path = "p".repeat(100);
  const lines = Array.from({ length: 2_000 }, (_, i) => seriesLine(inFlight, labelText({ path, size: `${i}` }), i));

  const pieces: string[] = [];
  for await (const piece of renderExposition([{ metric: inFlight, lines }], "text")) pieces.push(piece);

  expect(pieces.length).toBeGreaterThan(5);
  expect(pieces.every((piece) => piece.endsWith("\n") && piece.length < 40_000)).toBe(true);
  expect(pieces.join("").split("\n").slice(2, -1)).toEqual(lines.map((line) => line.slice(0, -1)));
});

test("a large family reads as its parts do, which prom-client writes", async () => {
  const label = (i: number) => ({ path: `p"${i}\\\n`, size: String(i) });
  const counters = Array.from({ length: 1200 }, (_, i): AnySample => sample(sent, label(i), i / 7));
  const histograms = Array.from({ length: 600 }, (_, i): AnySample => histogramSample(rtt, label(i), [i, 1, 2, 3], i));
  const withoutHeader = (text: string) => text.replace(/^(#.*\n)+/, "").replace(/# EOF\n$/, "");

  for (const [metric, samples] of [
    [sent, counters],
    [rtt, histograms],
  ] as const) {
    for (const format of formats) {
      const parts = [];
      for (let from = 0; from < samples.length; from += 100)
        parts.push(withoutHeader(await render({ metric, samples: samples.slice(from, from + 100) }, format)));
      expect(withoutHeader(await render({ metric, samples }, format))).toBe(parts.join(""));
    }
  }
});
