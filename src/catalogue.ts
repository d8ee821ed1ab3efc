import { bridgeMetrics } from "./collectors/bridge/metrics.ts";
import { conntrackMetrics } from "./collectors/conntrack/metrics.ts";
import { cpuMetrics } from "./collectors/cpu/metrics.ts";
import { dropsMetrics } from "./collectors/drops/metrics.ts";
import { guestMetrics } from "./collectors/guest/metrics.ts";
import { latencyMetrics } from "./collectors/latency/metrics.ts";
import { libvirtMetrics } from "./collectors/libvirt/metrics.ts";
import { memoryMetrics } from "./collectors/memory/metrics.ts";
import { nicMetrics } from "./collectors/nic/metrics.ts";
import { nsxMetrics } from "./collectors/nsx/metrics.ts";
import { ovsMetrics } from "./collectors/ovs/metrics.ts";
import { powerMetrics } from "./collectors/power/metrics.ts";
import { pressureMetrics } from "./collectors/pressure/metrics.ts";
import { qdiscMetrics } from "./collectors/qdisc/metrics.ts";
import { qemuMetrics } from "./collectors/qemu/metrics.ts";
import { softirqMetrics } from "./collectors/softirq/metrics.ts";
import { softnetMetrics } from "./collectors/softnet/metrics.ts";
import { transportMetrics } from "./collectors/transport/metrics.ts";
import { vcenterMetrics } from "./collectors/vcenter/metrics.ts";
import { discoveryMetrics } from "./discovery/metrics.ts";
import { selfMetrics } from "./metrics/self.ts";
import { probeRunMetrics } from "./probe-endpoint/metrics.ts";
import { probeMetrics, proberMetrics } from "./prober/metrics.ts";
import { reflectorMetrics } from "./reflector/metrics.ts";
import { limitMetrics, vmMetrics } from "./vm/metrics.ts";

/** Every metric, by source. Alerts, boards and documents name metrics through this object only. */
export const catalogue = {
  probe: probeMetrics,
  probeRun: probeRunMetrics,
  prober: proberMetrics,
  reflector: reflectorMetrics,
  cpu: cpuMetrics,
  pressure: pressureMetrics,
  power: powerMetrics,
  softirq: softirqMetrics,
  softnet: softnetMetrics,
  drops: dropsMetrics,
  latency: latencyMetrics,
  nic: nicMetrics,
  qdisc: qdiscMetrics,
  bridge: bridgeMetrics,
  conntrack: conntrackMetrics,
  ovs: ovsMetrics,
  transport: transportMetrics,
  guest: guestMetrics,
  memory: memoryMetrics,
  libvirt: libvirtMetrics,
  qemu: qemuMetrics,
  vcenter: vcenterMetrics,
  nsx: nsxMetrics,
  vm: vmMetrics,
  limit: limitMetrics,
  discovery: discoveryMetrics,
  self: selfMetrics,
};
