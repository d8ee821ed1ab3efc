import { counter, gauge } from "../../metrics/define.ts";

/** Why the kernel dropped packets, in its own words, counted where it does so (tracepoint skb:kfree_skb). */
export const dropsMetrics = {
  total: counter(
    "virtloss_kernel_drops_total",
    "Packets that the kernel dropped, in all network namespaces, by its reason and by the layer that this speaks for.",
    ["reason", "layer"],
  ),
  locations: counter(
    "virtloss_kernel_drop_locations_total",
    "Packets that the kernel dropped, by its reason and by the function that did it; off unless configured.",
    ["reason", "function"],
  ),
  info: gauge("virtloss_kernel_drops_info", "How drops are counted.", ["method"]),
};
