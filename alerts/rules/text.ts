import type { AnyMetricDef } from "../../src/metrics/define.ts";
import type { RecordDef } from "../../src/metrics/promql.ts";

/** Text for the templates of Prometheus, which no compiler checks: so it is written once, here. */

type Format =
  | "humanize"
  | "humanizePercentage"
  | "humanizeDuration"
  | "humanizeTimestamp"
  | "humanize1024"
  | `printf "%${".0f" | ".1f" | "g"}"`;

/** Put before a text that shows other series: those that have the alert's own values of these labels. */
export function sameLabels(...labels: readonly string[]): string {
  const matchers = labels.map((label) => `${label}=%q`).join(",");
  const values = labels.map((label) => `$labels.${label}`).join(" ");
  return `{{ $same := printf "{${matchers}}" ${values} }}`;
}

export const samePath = sameLabels("instance", "path", "protocol");
export const sameInstance = sameLabels("instance");
export const sameVm = sameLabels("instance", "vm", "vm_uuid");

const name = (series: RecordDef | AnyMetricDef) => ("record" in series ? series.record : series.name);

/** The value of another series with the same labels, or "unknown": an alert has one value of its own only. */
export function current(series: RecordDef | AnyMetricDef, format: Format): string {
  return `{{ with query (print "${name(series)}" $same) }}{{ . | first | value | ${format} }}{{ else }}unknown{{ end }}`;
}

/** The same of a series in hertz, as VMware's interfaces write and take it. */
export function megahertz(series: AnyMetricDef): string {
  return `{{ with query (print "${series.name}" $same " / 1e6") }}{{ . | first | value | printf "%.0f" }}{{ else }}unknown{{ end }} MHz`;
}

/** Text that says something only where that series exists with the same labels; else nothing. */
export function whereKnown(series: RecordDef | AnyMetricDef, text: string): string {
  return `{{ if query (print "${name(series)}" $same) }}${text}{{ end }}`;
}

/** A label of another series with the same labels, or its name in capitals as in a command's usage. */
export function labelOf(series: AnyMetricDef, label: string): string {
  return `{{ with query (print "${series.name}" $same) }}{{ . | first | label "${label}" }}{{ else }}${label.toUpperCase()}{{ end }}`;
}

/** The path as people speak of it: name, scope and protocol. */
export const thePath = "{{ $labels.path }} ({{ $labels.scope }}, {{ $labels.protocol }})";

export const theVm = "VM {{ $labels.vm }} on host {{ $labels.host }}";

export const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(6))}%`;

/** What to do differs by hypervisor. */
export const kvmOrVmware = (kvm: string, vmware: string): string =>
  `{{ if eq $labels.hypervisor "vmware" }}${vmware}{{ else }}${kvm}{{ end }}`;
