import { counter, gauge } from "../../metrics/define.ts";

const place = ["device", "kind"] as const;

/** Queueing disciplines of the host; those of taps only where they limit or have dropped. */
export const qdiscMetrics = {
  packets: counter("virtloss_qdisc_packets_total", "Packets that left the queue.", place),
  drops: counter(
    "virtloss_qdisc_drops_total",
    "Packets that the queue dropped: it was full, or its policy says so.",
    place,
  ),
  overlimits: counter("virtloss_qdisc_overlimits_total", "Times that a packet had to wait for its rate limit.", place),
  backlog: gauge("virtloss_qdisc_backlog_packets", "Packets that wait in the queue.", place),
};
