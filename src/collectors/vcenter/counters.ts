/** How samples of a counter are put together: totals of a sum, of a rate times its interval, or the newest value. */
export type Adding = "sum" | "rate" | "newest";

export interface Counter {
  /** group.counter.rollup */
  readonly name: string;
  readonly of: "vcpu" | "nic" | "whole";
  readonly adding: Adding;
}

const perVcpu = [
  "cpu.ready.summation",
  "cpu.costop.summation",
  "cpu.maxlimited.summation",
  "cpu.run.summation",
] as const;
const perNic = [
  "net.packetsRx.summation",
  "net.packetsTx.summation",
  "net.droppedRx.summation",
  "net.droppedTx.summation",
] as const;
const newest = ["mem.vmmemctl.average", "mem.vmmemctltarget.average", "mem.swapped.average"] as const;
const rates = ["mem.swapinRate.average", "mem.swapoutRate.average"] as const;
const errors = ["net.errorsRx.summation", "net.errorsTx.summation"] as const;

export type CounterName =
  | (typeof perVcpu)[number]
  | (typeof perNic)[number]
  | (typeof newest)[number]
  | (typeof rates)[number]
  | (typeof errors)[number];

/** Of machines. Received and transmitted are seen from the guest. */
export const vmCounters: readonly Counter[] = [
  ...perVcpu.map((name): Counter => ({ name, of: "vcpu", adding: "sum" })),
  ...perNic.map((name): Counter => ({ name, of: "nic", adding: "sum" })),
  ...newest.map((name): Counter => ({ name, of: "whole", adding: "newest" })),
  ...rates.map((name): Counter => ({ name, of: "whole", adding: "rate" })),
];

/** Of hosts: their physical NICs. */
export const hostCounters: readonly Counter[] = [...perNic, ...errors].map((name) => ({
  name,
  of: "nic",
  adding: "sum",
}));
