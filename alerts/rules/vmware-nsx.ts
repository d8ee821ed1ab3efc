import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import { infoAndWarning, networkLoses, vmCause } from "./cause.ts";
import { join } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";

const { nsx, vm } = catalogue;

/** A segment without a limit has its turn every few readings: a shorter window would see nothing, then too much. */
const segmentDrops = { record: "segment:virtloss_drops:rate15m", expr: promql`rate(${nsx.segmentDrops}[15m])` };
const ruleDrops = {
  record: "firewall_rule:virtloss_drops:rate15m",
  expr: promql`
    rate(${nsx.rulePackets}[15m])
    * on (job, instance, server, policy, rule_id) group_left (rule, action) ${nsx.ruleInfo}`,
};

export const nsxRecords = { segmentDrops, ruleDrops };

const rateLimit = 'cause=~"rate_limit.*"' as PromQL;
const firewall = 'cause="firewall"' as PromQL;
/** SpoofGuard and the filters of its profile. */
const security = 'cause!~"rate_limit.*|firewall"' as PromQL;

const lasting = { for: "5m", keepFiringFor: "5m" } as const;
const dropped = "{{ $value | humanize }} packets a second were dropped in the last 15 min";
const perSecond =
  '{{ $value | humanize }} packets a second {{ if eq $labels.direction "to_guest" }}to{{ else }}from{{ end }} its machines were dropped in the last 15 min';

const losingMachines =
  `{{ with query (printf "count by (vm, host) (${join.vmLosing.record} and on (vm, vm_uuid) ${vm.nicInfo.name}{network=%q})" $labels.network) }}` +
  'Machines on it whose paths lose: {{ range $i, $_ := sortByLabel "vm" . }}{{ if $i }}, {{ end }}{{ label "vm" . }} on {{ label "host" . }}{{ end }}. {{ end }}';

const compare =
  "To be sure, connect one of them for some minutes to a temporary segment without this profile: if its loss ends, it is the cause. ";

function rateLimited({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossTrafficShaped",
      ...lasting,
      reason: "segment",
      expr: promql`${segmentDrops}{${rateLimit}} >= ${t.dropRate}`,
      summary: "A rate limit of NSX segment {{ $labels.network }} drops packets ({{ $labels.cause }})",
      description:
        `${perSecond} by the rate limit of its security profile. ARP and discovery are broadcast: where they are dropped, whole machines seem to be gone. ` +
        `${losingMachines}${compare}First, in NSX Manager ({{ $labels.server }}): segment {{ $labels.network }}, Segment Security, Rate Limits`,
    },
    networkLoses,
  );
}

function securityDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossVirtualSwitchDrops",
      ...lasting,
      reason: "segment",
      expr: promql`${segmentDrops}{${security}} >= ${t.dropRate}`,
      summary: "A security feature of NSX segment {{ $labels.network }} drops packets ({{ $labels.cause }})",
      description:
        `${dropped}, as a profile of the segment tells. ` +
        `${losingMachines}${compare}First, in NSX Manager ({{ $labels.server }}): segment {{ $labels.network }}, Segment Profiles`,
    },
    networkLoses,
  );
}

/** Firewalls drop all day, as they are told, so this speaks only beside loss. */
function firewallBesideLoss({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossFirewallDrops",
    ...lasting,
    severity: "warning",
    expr: promql`${segmentDrops}{${firewall}} >= ${t.dropRate}\nand ${networkLoses}`,
    summary: "The firewall drops packets on NSX segment {{ $labels.network }} while machines on it lose packets",
    description:
      `${perSecond} by rules, or by flood protection. ` +
      `{{ with query (printf "sort_desc(topk(3, ${ruleDrops.record}{server=%q} > 0))" $labels.server) }}Rules that drop most: ` +
      '{{ range $i, $_ := . }}{{ if $i }}, {{ end }}{{ label "rule" . }} ({{ label "rule_id" . }}) {{ . | value | humanize }}/s{{ end }}. {{ end }}' +
      `${losingMachines}First, in NSX Manager ({{ $labels.server }}): Distributed Firewall, log and statistics of these rules; a machine in the exclusion list shows whether the firewall is the cause`,
  };
}

export function nsxGroups(options: PackOptions): readonly RuleGroup[] {
  const t = options.thresholds;
  const cause = (code: string, says: string, drops: PromQL) =>
    vmCause({
      code,
      says,
      unit: "per_second",
      expr: promql`
        max by (vm, vm_uuid, network) (${vm.nicInfo}{network!=""})
        * on (network) group_left () max by (network) (${segmentDrops}{${drops}} >= ${t.dropRate})`,
    });
  return [
    {
      name: "virtloss.nsx",
      rules: [
        ...Object.values(nsxRecords),
        cause("traffic_shaped", "a rate limit of its NSX segment drops packets", rateLimit),
        cause("virtual_switch_drops", "security features of its NSX segment drop packets", security),
        cause("traffic_shaped", "the NSX firewall drops packets on its segment", firewall),
        ...rateLimited(options),
        ...securityDrops(options),
        firewallBesideLoss(options),
      ],
    },
  ];
}
