import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import { infoAndWarning, machineCause, machineLoses } from "./cause.ts";
import { losingPathsHere } from "./cause-text.ts";
import { hostPathRecords as r } from "./host-path-records.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, percent, sameInstance, sameLabels, whereKnown } from "./text.ts";

const { vm, bridge, limit, drops } = catalogue;

const lasting = { for: "5m", keepFiringFor: "5m" } as const;
const switchDrops = { alert: "VirtlossVirtualSwitchDrops", ...lasting } as const;
const onTheMachine = "First, on the machine of {{ $labels.instance }}: ";

function bridgePortDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...switchDrops,
      reason: "bridge",
      expr: promql`${r.bridgeDropRatio} > ${t.dropRatio} and ${r.bridgeDrops} >= ${t.dropRate}`,
      summary: "Bridge {{ $labels.bridge }} of {{ $labels.instance }} drops packets at {{ $labels.device }}",
      description:
        `${sameLabels("instance", "bridge", "device", "direction")}{{ $value | humanizePercentage }} of the packets ({{ $labels.direction }}) were dropped in the last 5 min, ` +
        `${current(r.bridgeDrops, "humanize")} a second (limit ${percent(t.dropRatio)}). Frames that nobody wanted count as dropped too. ` +
        `${losingPathsHere}${onTheMachine}ip -s link show {{ $labels.device }}; bridge vlan show dev {{ $labels.device }}`,
    },
    machineLoses,
  );
}

function ovsPortDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...switchDrops,
      reason: "ovs",
      expr: promql`${r.ovsDropRatio} > ${t.dropRatio} and ${r.ovsDrops} >= ${t.dropRate}`,
      summary:
        "Open vSwitch on {{ $labels.instance }} drops packets at port {{ $labels.device }} of {{ $labels.bridge }}",
      description:
        `${sameLabels("instance", "bridge", "device", "direction")}{{ $value | humanizePercentage }} of the packets ({{ $labels.direction }}) were dropped in the last 5 min, ` +
        `${current(r.ovsDrops, "humanize")} a second (limit ${percent(t.dropRatio)}). ` +
        `${losingPathsHere}${onTheMachine}ovs-vsctl get Interface {{ $labels.device }} statistics`,
    },
    machineLoses,
  );
}

function slowPathDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...switchDrops,
      reason: "upcall",
      expr: promql`${r.lostUpcalls} >= ${t.dropRate}`,
      summary: "Open vSwitch on {{ $labels.instance }} loses first packets of new flows",
      description:
        "{{ $value | humanize }} packets a second were lost in the last 5 min because ovs-vswitchd did not keep up with new flows: " +
        "too little CPU for it, or a scan that opens thousands of connections. " +
        `${losingPathsHere}${onTheMachine}ovs-dpctl show; ovs-appctl upcall/show`,
    },
    machineLoses,
  );
}

function blockedPort(): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...switchDrops,
      reason: "blocked",
      expr: promql`${bridge.portBlocked} == 1`,
      summary: "Port {{ $labels.device }} of bridge {{ $labels.bridge }} on {{ $labels.instance }} passes no frames",
      description:
        "Its interface is up and its state is {{ $labels.state }}: everything from and to it is dropped. " +
        `${losingPathsHere}${onTheMachine}bridge link show dev {{ $labels.device }}`,
    },
    machineLoses,
  );
}

const trafficShaped = { alert: "VirtlossTrafficShaped", ...lasting } as const;

/** A device may have several limits, told by several sources; the text shows the tightest. */
const theLimit =
  `{{ with query (printf "min(${limit.bytes.name}{instance=%q,device=%q})" $labels.instance $labels.device) }}` +
  "The limit is {{ . | first | value | humanize }}B/s. {{ end }}";
const whoseTap =
  `{{ with query (printf "${vm.nicTap.name}{instance=%q,device=%q}" $labels.instance $labels.device) }}` +
  'The device is a NIC of VM {{ . | first | label "vm" }}. {{ end }}';
const firstCommandOfLimit = `${onTheMachine}tc -s qdisc show dev {{ $labels.device }}`;

function limitDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...trafficShaped,
      reason: "drops",
      expr: promql`${r.shapedDrops} >= ${t.dropRate}`,
      summary: "A bandwidth limit on {{ $labels.device }} of {{ $labels.instance }} drops packets",
      description:
        `{{ $value | humanize }} packets a second were dropped in the last 5 min. ${theLimit}${whoseTap}${losingPathsHere}` +
        `Nothing inside a machine shows it. ${firstCommandOfLimit}`,
    },
    machineLoses,
  );
}

function limitWaits({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...trafficShaped,
      reason: "delay",
      expr: promql`${r.shapedWaits} > ${t.shapedRatio} unless ${r.shapedDrops} >= ${t.dropRate}`,
      summary: "A bandwidth limit on {{ $labels.device }} of {{ $labels.instance }} holds packets back",
      description:
        `{{ $value | printf "%.2f" }} waits for each packet in the last 5 min (limit ${t.shapedRatio}): next, the limit's queue overflows. ` +
        `${theLimit}${whoseTap}${losingPathsHere}${firstCommandOfLimit}`,
    },
    machineLoses,
  );
}

const conntrackFull = { alert: "VirtlossConntrackFull", ...lasting } as const;
const conntrackCommand = `${onTheMachine}sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; conntrack -S`;

function conntrackNearlyFull({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...conntrackFull,
      reason: "entries",
      expr: promql`${r.conntrackUse} > ${t.conntrackRatio}`,
      summary:
        "The firewall's table of connections on {{ $labels.instance }} is {{ $value | humanizePercentage }} full",
      description:
        `New connections are dropped once it is (limit ${percent(t.conntrackRatio)}); those that exist, and probes among them, go on. ` +
        `${losingPathsHere}${conntrackCommand}`,
    },
    machineLoses,
  );
}

function conntrackLoses({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...conntrackFull,
      reason: "drops",
      expr: promql`${r.conntrackDrops} >= ${t.dropRate}`,
      summary: "The firewall on {{ $labels.instance }} drops packets of new connections",
      description:
        `${sameInstance}{{ $value | humanize }} a second in the last 5 min, because its table of connections was full or two packets claimed one entry. ` +
        `${whereKnown(r.conntrackUse, `The table is ${current(r.conntrackUse, "humanizePercentage")} full. `)}` +
        `${losingPathsHere}${conntrackCommand}`,
    },
    machineLoses,
  );
}

function softnetDrops({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossSoftnetDrops",
      ...lasting,
      expr: promql`${r.backlogDrops} >= ${t.dropRate}`,
      summary: "The kernel of {{ $labels.instance }} drops frames before any socket or bridge sees them",
      description:
        "{{ $value | humanize }} frames a second were dropped in the last 5 min because a CPU's backlog was full. " +
        `${losingPathsHere}${onTheMachine}cat /proc/net/softnet_stat; sysctl net.core.netdev_max_backlog`,
    },
    machineLoses,
  );
}

/** Layers that speak for a factor which this pack knows; sockets, checksums and routes drop all day, and mean little. */
const telling = 'layer=~"ring|backlog|qdisc|netfilter|mtu|memory|bridge"' as PromQL;

/** Kernels drop packets all day for good reasons, so this speaks only beside loss. */
function kernelDropsBesideLoss({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossKernelDrops",
    ...lasting,
    severity: "warning",
    expr: promql`${r.kernelDrops}{${telling}} >= ${t.dropRate}\nand ${machineLoses}`,
    summary: "The kernel of {{ $labels.instance }} drops packets ({{ $labels.layer }}) while packets are lost",
    description:
      "{{ $value | humanize }} packets a second in the last 5 min, of all network namespaces. Most often: " +
      `{{ range $i, $_ := query (printf "topk(3, rate(${drops.total.name}{instance=%q,layer=%q}[5m]) > 0)" $labels.instance $labels.layer) }}` +
      '{{ if $i }}, {{ end }}{{ label "reason" . }} {{ . | value | humanize }}/s{{ end }}. ' +
      `${losingPathsHere}The runbook says what each layer means. ${onTheMachine}perf trace -e skb:kfree_skb --max-events 20`,
  };
}

export function hostPathGroups(options: PackOptions): readonly RuleGroup[] {
  const { dropRate, dropRatio, conntrackRatio } = options.thresholds;
  const cause = (code: string, says: string, expr: PromQL) => machineCause({ code, says, unit: "per_second", expr });
  return [
    {
      name: "virtloss.host_path",
      rules: [
        ...Object.values(r),
        cause(
          "virtual_switch_drops",
          "a bridge drops packets",
          promql`${r.bridgeDrops} >= ${dropRate} and ${r.bridgeDropRatio} > ${dropRatio}`,
        ),
        cause(
          "virtual_switch_drops",
          "Open vSwitch drops packets",
          promql`${r.ovsDrops} >= ${dropRate} and ${r.ovsDropRatio} > ${dropRatio}`,
        ),
        cause("virtual_switch_drops", "Open vSwitch loses new flows", promql`${r.lostUpcalls} >= ${dropRate}`),
        cause("traffic_shaped", "a bandwidth limit drops packets", promql`${r.shapedDrops} >= ${dropRate}`),
        machineCause({
          code: "traffic_shaped",
          says: "the firewall's table of connections is nearly full",
          unit: "ratio",
          expr: promql`${r.conntrackUse} > ${conntrackRatio}`,
        }),
        cause("traffic_shaped", "the firewall drops new connections", promql`${r.conntrackDrops} >= ${dropRate}`),
        cause("small_ring", "a network card has no free descriptor", promql`${r.cardDrops} >= ${dropRate}`),
        cause("softnet_drops", "a CPU's backlog is full", promql`${r.backlogDrops} >= ${dropRate}`),
        ...bridgePortDrops(options),
        ...ovsPortDrops(options),
        ...slowPathDrops(options),
        ...blockedPort(),
        ...limitDrops(options),
        ...limitWaits(options),
        ...conntrackNearlyFull(options),
        ...conntrackLoses(options),
        ...softnetDrops(options),
        kernelDropsBesideLoss(options),
      ],
    },
  ];
}
