import { counter, gauge } from "../../metrics/define.ts";

/** The backlog between the drivers and the protocols, one a CPU. The counters are 32 bits wide in the kernel. */
export const softnetMetrics = {
  processed: counter("virtloss_softnet_processed_total", "Frames that this CPU took from drivers and backlog.", [
    "cpu",
  ]),
  dropped: counter("virtloss_softnet_dropped_total", "Frames dropped because this CPU's backlog was full.", ["cpu"]),
  squeezed: counter(
    "virtloss_softnet_time_squeezed_total",
    "Times that net_rx_action used up its budget or time with frames left.",
    ["cpu"],
  ),
  receivedRps: counter(
    "virtloss_softnet_received_rps_total",
    "Times that another CPU woke this one to take frames (receive packet steering).",
    ["cpu"],
  ),
  flowLimit: counter(
    "virtloss_softnet_flow_limit_total",
    "Frames of one large flow dropped early because this CPU's backlog was half full.",
    ["cpu"],
  ),
  backlog: gauge("virtloss_softnet_backlog_frames", "Frames in this CPU's backlog now.", ["cpu"]),
  inputQueue: gauge("virtloss_softnet_input_queue_frames", "Frames of the backlog that wait to be fetched.", ["cpu"]),
  processQueue: gauge("virtloss_softnet_process_queue_frames", "Frames of the backlog that are being processed.", [
    "cpu",
  ]),
};
