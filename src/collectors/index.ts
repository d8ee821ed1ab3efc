import { bridge } from "./bridge/index.ts";
import type { Collector } from "./collector.ts";
import { conntrack } from "./conntrack/index.ts";
import { cpu } from "./cpu/index.ts";
import { drops } from "./drops/index.ts";
import { guest } from "./guest/index.ts";
import { latency } from "./latency/index.ts";
import { libvirt } from "./libvirt/index.ts";
import { memory } from "./memory/index.ts";
import { nic } from "./nic/index.ts";
import { nsx } from "./nsx/index.ts";
import { ovs } from "./ovs/index.ts";
import { power } from "./power/index.ts";
import { pressure } from "./pressure/index.ts";
import { qdisc } from "./qdisc/index.ts";
import { qemu } from "./qemu/index.ts";
import { softirq } from "./softirq/index.ts";
import { softnet } from "./softnet/index.ts";
import { transport } from "./transport/index.ts";
import { vcenter } from "./vcenter/index.ts";

/**
 * Every collector, in the order in which /metrics shows them. Where two know one virtual machine, the first is believed. A
 * test holds this list against the directory.
 */
export const collectors: readonly Collector[] = [
  cpu,
  pressure,
  power,
  softirq,
  softnet,
  drops,
  latency,
  nic,
  qdisc,
  bridge,
  conntrack,
  ovs,
  transport,
  guest,
  memory,
  libvirt,
  qemu,
  vcenter,
  nsx,
];
