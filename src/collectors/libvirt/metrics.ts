import { gauge } from "../../metrics/define.ts";

/** libvirt itself; its machines are in vm/metrics.ts. */
export const libvirtMetrics = {
  domains: gauge("virtloss_libvirt_domains", "Active domains, by the state that libvirt gives them.", ["state"]),
  busy: gauge(
    "virtloss_libvirt_busy_domains",
    "Active domains that told only a part of their figures, because libvirt waits for their QEMU.",
    ["uri"],
  ),
};
