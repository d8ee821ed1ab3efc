import { z } from "zod";

export const latencyOptions = z.strictObject({
  enabled: z.boolean().default(false).describe("Measure latencies inside the kernel; each costs what its README says."),
  softirq: z.boolean().default(true).describe("Latency of NET_RX softirqs."),
  scheduling: z.boolean().default(true).describe("How long threads of QEMU wait for a CPU."),
  polls: z.boolean().default(true).describe("Polls of interfaces that used up their budget."),
});

export type LatencyOptions = Omit<z.output<typeof latencyOptions>, "enabled">;
