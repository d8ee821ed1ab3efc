import type { AnySample } from "../metrics/define.ts";
import { limitMetrics, vmMetrics } from "../vm/metrics.ts";
import { nsxMetrics } from "./nsx/metrics.ts";
import type { CollectorReport } from "./report.ts";
import { vcenterMetrics } from "./vcenter/metrics.ts";

/** Metrics that several collectors fill. */
const shared: ReadonlySet<string> = new Set(
  [...Object.values(vmMetrics), ...Object.values(limitMetrics)].map(({ name }) => name),
);

function isShared(metric: { readonly name: string }): boolean {
  return shared.has(metric.name);
}

const ofServers: ReadonlySet<string> = new Set(
  [vcenterMetrics, nsxMetrics].flatMap((metrics) => Object.values(metrics).map(({ name }) => name)),
);

/** Metrics of which several sources tell, each other series: of machines, and those of a collector that reads several servers. */
export function severalTell(metric: { readonly name: string }): boolean {
  return isShared(metric) || ofServers.has(metric.name);
}

/** What one collector alone tells: a metric of a machine, for limits from one kind of source; without a machine, one series. */
function subject({ metric, labels }: AnySample): string {
  const { vm = "", vm_uuid: uuid = "", source = "" } = labels;
  if (uuid !== "") return `${metric.name} ${source} ${uuid}`;
  return vm !== "" ? `${metric.name} ${source} name ${vm}` : `${metric.name} ${JSON.stringify(labels)}`;
}

/** Whether one tells of machines or limits at all. Samples of a reading stay the same until the next: it is looked at once. */
function tellsOfMachines(known: WeakMap<readonly AnySample[], boolean>, { samples }: CollectorReport): boolean {
  const tells = known.get(samples) ?? samples.some(({ metric }) => isShared(metric));
  known.set(samples, tells);
  return tells;
}

/** @returns for each report the samples that nobody before it has told */
function withoutRepeats(reports: readonly CollectorReport[]): (readonly AnySample[])[] {
  const teller = new Map<string, CollectorReport>();
  return reports.map((report) => {
    const samples = report.samples.filter((sample) => {
      if (!isShared(sample.metric)) return true;
      const key = subject(sample);
      const first = teller.get(key) ?? report;
      teller.set(key, first);
      return first === report;
    });
    return samples.length === report.samples.length ? report.samples : samples;
  });
}

/**
 * Where two collectors know one machine, libvirt and /proc say, each of its metrics comes from the first that tells it: two
 * lines of one series would make Prometheus refuse the whole page. What was found stays valid as long as no source is read
 * again.
 */
export function createFirstToTell(): (reports: readonly CollectorReport[]) => CollectorReport[] {
  const known = new WeakMap<readonly AnySample[], boolean>();
  let last: { readonly told: readonly (readonly AnySample[])[]; readonly kept: readonly (readonly AnySample[])[] } = {
    told: [],
    kept: [],
  };

  return (reports) => {
    const tellers = reports.filter((report) => tellsOfMachines(known, report));
    if (tellers.length < 2) return [...reports];
    const told = tellers.map(({ samples }) => samples);
    const unchanged = told.length === last.told.length && told.every((samples, i) => samples === last.told[i]);
    if (!unchanged) last = { told, kept: withoutRepeats(tellers) };
    return reports.map((report) => {
      const at = tellers.indexOf(report);
      return at < 0 ? report : { ...report, samples: last.kept[at] ?? [] };
    });
  };
}
