import { z } from "zod";
import { dropsOptions } from "./drops/options.ts";
import { guestOptions } from "./guest/options.ts";
import { latencyOptions } from "./latency/options.ts";
import { libvirtOptions } from "./libvirt/options.ts";
import { nicOptions } from "./nic/options.ts";
import { nsxOptions } from "./nsx/options.ts";
import { ovsOptions } from "./ovs/options.ts";
import { qdiscOptions } from "./qdisc/options.ts";
import { vcenterOptions } from "./vcenter/options.ts";

const none = z.strictObject({});

/**
 * What a configuration may say of each collector, by its name and in the order of the list in `index.ts`; a test holds both
 * against each other. Apart from the collectors, because the running exporter has no use for zod and its megabytes.
 */
export const collectorOptions: Readonly<Record<string, z.ZodType>> = {
  cpu: none,
  pressure: none,
  power: none,
  softirq: none,
  softnet: none,
  drops: dropsOptions,
  latency: latencyOptions,
  nic: nicOptions,
  qdisc: qdiscOptions,
  bridge: none,
  conntrack: none,
  ovs: ovsOptions,
  transport: none,
  guest: guestOptions,
  memory: none,
  libvirt: libvirtOptions,
  qemu: none,
  vcenter: vcenterOptions,
  nsx: nsxOptions,
};
