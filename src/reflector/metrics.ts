import { counter, gauge } from "../metrics/define.ts";

/** The STAMP reflector, where one is configured. */
export const reflectorMetrics = {
  replies: counter("virtloss_reflector_replies_total", "STAMP packets that were answered."),
  statelessReplies: counter(
    "virtloss_reflector_stateless_replies_total",
    "Replies that repeat the sender's number, because no session could be had: they show no direction.",
  ),
  rejected: counter("virtloss_reflector_rejected_packets_total", "Packets that got no answer, by reason.", ["reason"]),
  sessions: gauge("virtloss_reflector_sessions", "Sessions with a sequence number of their own."),
  socketDrops: counter(
    "virtloss_reflector_socket_drops_total",
    "Packets that our own socket dropped for want of room: senders see them as lost on the way here.",
  ),
  sendErrors: counter(
    "virtloss_reflector_send_errors_total",
    "Replies that the kernel refused to send: senders see them as lost on the way back.",
  ),
};
