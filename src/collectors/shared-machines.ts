import type { AnySample } from "../metrics/define.ts";
import { limitMetrics, vmMetrics } from "../vm/metrics.ts";
import type { CollectorReport } from "./report.ts";

/** Metrics that several collectors fill. */
const shared: ReadonlySet<string> = new Set(
  [...Object.values(vmMetrics), ...Object.values(limitMetrics)].map(({ name }) => name),
);

export function isShared(metric: { readonly name: string }): boolean {
  return shared.has(metric.name);
}

/** What one collector alone tells: a metric of a machine, for limits from one kind of source; without a machine, one series. */
function subject({ metric, labels }: AnySample): string {
  const { vm = "", vm_uuid: uuid = "", source = "" } = labels;
  if (uuid !== "") return `${metric.name} ${source} ${uuid}`;
  return vm !== "" ? `${metric.name} ${source} name ${vm}` : `${metric.name} ${JSON.stringify(labels)}`;
}

/**
 * Where two collectors know one machine, libvirt and /proc say, each of its metrics comes from the first that tells it: two
 * lines of one series would make Prometheus refuse the whole page.
 */
export function firstToTell(reports: readonly CollectorReport[]): CollectorReport[] {
  const teller = new Map<string, CollectorReport>();
  return reports.map((report) => {
    const samples = report.samples.filter((sample) => {
      if (!isShared(sample.metric)) return true;
      const key = subject(sample);
      const first = teller.get(key) ?? report;
      teller.set(key, first);
      return first === report;
    });
    return samples.length === report.samples.length ? report : { ...report, samples };
  });
}
