import { counter } from "../../src/metrics/define.ts";
import { by, type PromQL, promql, without } from "../../src/metrics/promql.ts";

const dropped = counter("virtloss_example_dropped_total", "An example.", ["cpu", "queue"]);

test("metrics, records and numbers are written as Prometheus reads them", () => {
  const record = { record: "instance:virtloss_example:rate5m" };

  expect(promql`rate(${dropped}[5m]) > ${0.5} and ${record}`).toBe(
    "rate(virtloss_example_dropped_total[5m]) > 0.5 and instance:virtloss_example:rate5m",
  );
});

test("a metric written as text is refused", () => {
  expect(() => promql`rate(virtloss_example_dropped_total[5m])`).toThrow("src/catalogue.ts");
});

test("an expression over several lines loses the indentation of the source, and keeps its own", () => {
  const expr = promql`
    sum(
      ${dropped}
    )`;

  expect(expr).toBe("sum(\n  virtloss_example_dropped_total\n)");
});

test("labels of an aggregation are those of the metric", () => {
  expect(promql`sum ${by(dropped, "instance", "cpu")} (${dropped})`).toBe(
    "sum by (instance, cpu) (virtloss_example_dropped_total)",
  );
  expect(promql`sum ${without(dropped, "queue")} (${dropped})`).toBe(
    "sum without (queue) (virtloss_example_dropped_total)",
  );
});

test("a label that the metric lacks does not compile", () => {
  // @ts-expect-error the metric has cpu and queue
  const wrong: PromQL = without(dropped, "device");

  expect(wrong).toBe("without (device)");
});
