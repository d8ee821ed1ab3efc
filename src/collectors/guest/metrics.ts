import { gauge } from "../../metrics/define.ts";

/** Who this machine is to its hypervisor: joins guest series with those of the host. */
export const guestMetrics = {
  info: gauge(
    "virtloss_guest_info",
    "The machine's DMI product UUID, empty where it could not be read, and its hypervisor, empty on bare metal.",
    ["vm_uuid", "hypervisor"],
  ),
};
