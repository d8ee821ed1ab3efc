import { counter, gauge } from "../../metrics/define.ts";

const uplink = ["host", "device"] as const;

/** What only vCenter tells. Machines and limits are in `vm/metrics.ts`, with the same names as on a KVM host. */
export const vcenterMetrics = {
  info: gauge("virtloss_vcenter_info", "A vCenter, or an ESXi host without one, and its version.", [
    "server",
    "product",
    "version",
    "build",
  ]),
  machines: gauge("virtloss_vcenter_machines", "Running machines that are read.", ["server"]),
  samples: counter(
    "virtloss_vcenter_samples_total",
    "20-second samples of machines and hosts, each counted once; missing ones were never had: figures over them are too low.",
    ["server", "result"],
  ),
  newestSample: gauge(
    "virtloss_vcenter_newest_sample_timestamp_seconds",
    "When the newest sample was taken, by the server's clock.",
    ["server"],
  ),
  failedQueries: counter(
    "virtloss_vcenter_failed_queries_total",
    "Questions for samples that failed; what they asked for is asked again.",
    ["server"],
  ),
  missingPrivilege: gauge(
    "virtloss_vcenter_missing_privilege",
    "1 for a privilege that the user lacks on some objects, so that facts are missing.",
    ["server", "privilege"],
  ),
  host: gauge("virtloss_host_info", "An ESXi host, its cluster, and whether its vCenter reaches it.", [
    "server",
    "host",
    "cluster",
    "state",
  ]),
  hostClock: gauge("virtloss_host_cpu_hertz", "Clock of one CPU core of the host.", ["host"]),
  uplink: gauge("virtloss_host_uplink_info", "A physical NIC of the host, and the switches that it is an uplink of.", [
    ...uplink,
    "driver",
    "mac",
    "switch",
  ]),
  uplinkSpeed: gauge(
    "virtloss_host_uplink_speed_bytes_per_second",
    "Speed of the physical NIC's link; 0 where it is down.",
    uplink,
  ),
  uplinkPackets: counter("virtloss_host_uplink_packets_total", "Packets of the physical NIC.", [
    ...uplink,
    "direction",
  ]),
  uplinkDrops: counter("virtloss_host_uplink_drops_total", "Packets that the physical NIC dropped.", [
    ...uplink,
    "direction",
  ]),
  uplinkErrors: counter("virtloss_host_uplink_errors_total", "Packets with errors at the physical NIC.", [
    ...uplink,
    "direction",
  ]),
  securityPolicy: gauge(
    "virtloss_portgroup_security_policy",
    "1 where the port group allows promiscuous mode, changed MAC addresses or forged transmits.",
    ["network", "switch", "policy"],
  ),
};
