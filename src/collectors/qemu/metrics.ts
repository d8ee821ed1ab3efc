import { gauge } from "../../metrics/define.ts";

/** QEMU processes as /proc shows them; their machines are in vm/metrics.ts. */
export const qemuMetrics = {
  processes: gauge("virtloss_qemu_processes", "QEMU processes, by whether their details could be read.", ["readable"]),
};
