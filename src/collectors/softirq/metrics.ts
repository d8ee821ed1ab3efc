import { counter } from "../../metrics/define.ts";

/** Where the kernel does its deferred work; NET_RX is the receive path. */
export const softirqMetrics = {
  total: counter("virtloss_softirqs_total", "Softirqs served, by CPU and vector.", ["cpu", "vector"]),
};
