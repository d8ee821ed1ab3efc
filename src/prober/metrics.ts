import { counter, gauge, histogram } from "../metrics/define.ts";

const path = ["path", "scope", "protocol"] as const;
const pathAndSize = [...path, "size"] as const;
const pathAndReason = [...path, "reason"] as const;

/** 10 µs to 1.31 s, doubling: the first buckets tell a same-host path from a slow vCPU. */
export const rttBuckets: readonly number[] = Array.from({ length: 18 }, (_, i) =>
  Number((1e-5 * 2 ** i).toPrecision(6)),
);
export const burstBuckets: readonly number[] = [1, 2, 4, 8, 16, 32, 64];
export const stallBuckets: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Loss of every configured path, as counters of verdicts given in send order. */
export const probeMetrics = {
  packets: counter(
    "virtloss_probe_packets_total",
    "Packets with a verdict: received or lost. Void ones are not in it.",
    pathAndSize,
  ),
  lost: counter(
    "virtloss_probe_lost_packets_total",
    "Packets whose reply did not come before the timeout (RFC 6673, Tmax).",
    pathAndSize,
  ),
  sent: counter("virtloss_probe_sent_packets_total", "Attempts to send: verdicts, void and in flight together.", path),
  received: counter(
    "virtloss_probe_received_packets_total",
    "Packets with a reply that the kernel stamped before the timeout.",
    path,
  ),
  late: counter("virtloss_probe_late_packets_total", "Lost packets whose reply still came, after the timeout.", path),
  duplicates: counter(
    "virtloss_probe_duplicate_packets_total",
    "Replies to packets that had one already (RFC 5560).",
    path,
  ),
  reordered: counter(
    "virtloss_probe_reordered_packets_total",
    "Replies that came after the reply to a later packet (RFC 4737).",
    path,
  ),
  void: counter(
    "virtloss_probe_void_packets_total",
    "Packets without a verdict because the prober's own count would be wrong, by reason.",
    pathAndReason,
  ),
  sendErrors: counter(
    "virtloss_probe_send_errors_total",
    "Sends that the kernel refused, by error name; each is void as well.",
    pathAndReason,
  ),
  inFlight: gauge("virtloss_probe_in_flight_packets", "Packets sent that have no verdict yet.", path),
  currentLossRun: gauge(
    "virtloss_probe_current_loss_run_seconds",
    "Seconds since the first packet of the run of loss that is open now; 0 without one.",
    path,
  ),
  bursts: counter(
    "virtloss_probe_loss_bursts_total",
    "Runs of consecutive lost packets (RFC 3357 loss periods), counted when they begin.",
    path,
  ),
  burstSquared: counter(
    "virtloss_probe_loss_burst_squared_packets_total",
    "Sum of squared run lengths: 2j-1 at a run's j-th loss, so that it is defined at every window edge.",
    path,
  ),
  burstPackets: histogram("virtloss_probe_loss_burst_packets", "Lengths of ended runs of loss.", burstBuckets, path),
  rtt: histogram(
    "virtloss_probe_rtt_seconds",
    "Round-trip time between the kernel's transmit and receive stamps.",
    rttBuckets,
    path,
  ),
  stalledLost: counter(
    "virtloss_probe_stalled_lost_packets_total",
    "Lost packets whose flight overlaps a stall of this machine: evidence of a frozen vCPU, still lost.",
    path,
  ),
  icmpErrors: counter(
    "virtloss_probe_icmp_errors_total",
    "What routers, the target or this kernel reported about our packets; these are lost as well.",
    pathAndReason,
  ),
  rotations: counter(
    "virtloss_probe_rotations_total",
    "Times that the path took another ICMP identifier or source port, because nothing came back on the old one.",
    pathAndReason,
  ),
  directionLost: counter(
    "virtloss_probe_direction_lost_packets_total",
    "Lost packets by direction, as the reflector's own numbers tell; decided when the next reply has come (stamp).",
    [...path, "direction"],
  ),
  pathMtu: gauge(
    "virtloss_probe_path_mtu_bytes",
    "Largest IP packet that passes to the target unfragmented, as far as the kernel and routers have told (df, size mtu).",
    path,
  ),
  pathInfo: gauge(
    "virtloss_probe_path_info",
    "What the path is: its target, the address in use, and the UUID of the machine that probes.",
    [...path, "target", "address", "vm_uuid"],
  ),
  pathFailed: gauge(
    "virtloss_probe_path_failed",
    "1 while a path cannot be probed, with the reason; absent otherwise.",
    pathAndReason,
  ),
};

/** The prober's doubts about itself. */
export const proberMetrics = {
  socketDrops: counter(
    "virtloss_prober_socket_drops_total",
    "Replies that our own socket dropped because its receive buffer was full.",
    ["protocol", "family"],
  ),
  lateSends: counter(
    "virtloss_prober_late_sends_total",
    "Send slots skipped because the prober was not scheduled in time.",
    ["protocol"],
  ),
  restarts: counter(
    "virtloss_prober_restarts_total",
    "Times that the probe engine's worker died and was started again.",
  ),
  stalls: histogram(
    "virtloss_prober_stall_seconds",
    "Wake-ups later than due, and rounds of work that lasted, by more than 5 ms.",
    stallBuckets,
  ),
  stalledSeconds: counter(
    "virtloss_prober_stalled_seconds_total",
    "Time that the prober was not run when it was due, by what kept it: a CPU quota, a stopped process, steal by the hypervisor.",
    ["cause"],
  ),
  rejected: counter(
    "virtloss_prober_rejected_packets_total",
    "Packets on our sockets that are no reply to a probe of ours, by reason.",
    ["reason"],
  ),
  missingStamps: counter(
    "virtloss_prober_missing_stamps_total",
    "Replies without an RTT because the kernel gave no stamp, by direction.",
    ["direction"],
  ),
  receiveBuffer: gauge(
    "virtloss_prober_receive_buffer_bytes",
    "Receive buffer that the kernel granted to a probe socket.",
    ["protocol", "family"],
  ),
};
