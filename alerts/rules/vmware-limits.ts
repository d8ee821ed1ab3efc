import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { vmCause, vmLoses } from "./cause.ts";
import { losingPathsOfVm } from "./cause-text.ts";
import { atHome } from "./join.ts";
import type { AlertRule, RuleGroup } from "./rule.ts";
import { theVm } from "./text.ts";
import { recentEventsOfVm } from "./vm-events.ts";

const { vm, limit } = catalogue;

/**
 * The tightest limit of each virtual NIC. vCenter tells the limits of port groups for each NIC, so two networks of one name
 * are not mixed up; NSX tells them by segment, whose name its port group has.
 */
const networkLimit = {
  record: "vm_nic:virtloss_network_limit:bytes_per_second",
  expr: atHome(promql`
    min ${without(limit.bytes, "source", "switch", "direction", "device", "traffic")} (
      ${limit.bytes}{source=~"portgroup|nioc", vm!="", traffic=""}
    )
    or
    (max ${without(vm.nicInfo, "model", "kind", "backend")} (${vm.nicInfo}{network!=""}) > bool 0)
    * on (network) group_left () min by (network) (${limit.bytes}{source="segment", traffic=""})`),
};

export const limitRecords = { networkLimit };

/** Selectors for use in a template's own quotes. */
const ofNic = "{source!='segment',vm=%q,vm_uuid=%q,mac=%q,traffic=''}";
const ofSegment = "{source='segment',network=%q,traffic=''}";
const limitLabels = ["source", "network", "vm", "vm_uuid", "mac", "direction"];
const thisLimit = `{${limitLabels.map((label) => `${label}=%q`).join(",")},traffic=''}`;
const itsLabels = limitLabels.map((label) => `(label "${label}" .)`).join(" ");

const allLimits =
  `(printf "8 * max by (${limitLabels.join(", ")}) (${limit.bytes.name}${ofNic} or ${limit.bytes.name}${ofSegment}) / 1e6" ` +
  "$labels.vm $labels.vm_uuid $labels.mac $labels.network)";
const peak =
  `{{ with query (printf "8 * max(${limit.peak.name}${thisLimit}) / 1e6" ${itsLabels}) }}` +
  ', peak {{ . | first | value | printf "%.6g" }} Mbit/s{{ end }}';
const burst =
  `{{ with query (printf "max(${limit.burst.name}${thisLimit})" ${itsLabels}) }}` +
  ", burst {{ . | first | value | humanize1024 }}B{{ end }}";

const place = (source: string): string =>
  `{{ if eq ${source} "portgroup" }}port group{{ else if eq ${source} "segment" }}NSX segment{{ else }}Network I/O Control{{ end }}`;

/** What holds the packets of one NIC back, in words. */
const limitsOfNic =
  `{{ range $i, $_ := query ${allLimits} | sortByLabel "direction" }}{{ if $i }}; {{ end }}` +
  '{{ if eq (label "direction" .) "to_guest" }}to it{{ else }}from it{{ end }} {{ . | value | printf "%.6g" }} Mbit/s' +
  `${peak}${burst} (${place('(label "source" .)')}){{ end }}`;

const compare =
  "To be sure, connect the machine for some minutes to a temporary port group without limits: if its loss ends, this limit is the cause. ";
const settings =
  "First, in the vSphere Client: port group {{ $labels.network }}, Policies, Traffic shaping; of an NSX segment: its QoS profile";

const shaped = { alert: "VirtlossTrafficShaped", reason: "policy", for: "5m", keepFiringFor: "5m" } as const;

/** Once for a network, not for each of its machines: until one of them loses. */
function networkLimited(): AlertRule {
  return {
    ...shaped,
    severity: "info",
    expr: promql`
      8 * bottomk by (source, network, direction) (1, ${limit.bytes}{source=~"portgroup|segment", vm="", traffic=""}) / 1e6
      and on (network) ${vm.nicInfo}
      unless on (network) (${networkLimit} and ${vmLoses})`,
    summary: 'Network {{ $labels.network }} limits its machines to {{ $value | printf "%.6g" }} Mbit/s',
    description:
      'What {{ if eq $labels.direction "to_guest" }}goes to{{ else }}comes from{{ end }} a machine on it faster than that is dropped once the burst is used up, and nothing inside the machine shows it. ' +
      `Set at its ${place("$labels.source")}{{ if $labels.switch }}, switch {{ $labels.switch }}{{ end }}; NICs on networks of that name: ` +
      `{{ with query (printf "count(count by (vm, vm_uuid, mac) (${vm.nicInfo.name}{network=%q}))" $labels.network) }}{{ . | first | value | printf "%.0f" }}{{ end }}. ` +
      settings,
  };
}

function machineLimitedAndLoses(): AlertRule {
  return {
    ...shaped,
    severity: "warning",
    expr: promql`${networkLimit}\nand ${vmLoses}`,
    summary: `${theVm} loses packets, and its network {{ $labels.network }} has a bandwidth limit`,
    description:
      `NIC {{ $labels.mac }}: ${limitsOfNic}. What exceeds a limit is dropped, and nothing inside the machine shows it. ` +
      `${losingPathsOfVm}${recentEventsOfVm}${compare}${settings}`,
  };
}

export function vmwareLimitGroups(): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.vmware_limits",
      rules: [
        networkLimit,
        vmCause({
          code: "traffic_shaped",
          says: "its port group or segment has a bandwidth limit",
          unit: "fact",
          expr: promql`${networkLimit}`,
        }),
        networkLimited(),
        machineLimitedAndLoses(),
      ],
    },
  ];
}
