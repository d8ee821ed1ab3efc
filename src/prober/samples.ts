import type { Protocol, Scope, Size } from "../config/path.ts";
import { type AnySample, histogramSample, sample } from "../metrics/define.ts";
import type { EngineSnapshot } from "./engine.ts";
import { burstBuckets, probeMetrics as m, proberMetrics as p, rttBuckets, stallBuckets } from "./metrics.ts";
import type { PathLabels } from "./path-labels.ts";
import { ENGINE, STREAM, sendErrorReasons, voidReasons, word } from "./tally.ts";

/** One path over one protocol, as /metrics tells it. */
export interface ProbedPath {
  readonly path: string;
  readonly scope: Scope;
  readonly protocol: Protocol;
  readonly sizes: readonly Size[];
  readonly target: string;
  /** Empty while the target has none. */
  readonly address: string;
  readonly slot: number;
  readonly labels: PathLabels;
  /** Why it cannot be probed now; undefined where it can. */
  readonly failure: PathFailure | undefined;
}

export interface PathFailure {
  readonly reason: "unresolved" | "permission" | "send_refused";
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

/** The counters of one path; they exist at 0 before its first packet, or increase() would miss the first loss. */
export function pathSamples(path: ProbedPath, tally: Float64Array, vmUuid: string, nowNanos: number): AnySample[] {
  const labels = path.labels.base;
  const since = word(tally, STREAM.openRunSince);
  const count = (at: number) => word(tally, at);
  const counts = (at: number, buckets: readonly number[]) => Array.from(tally.subarray(at, at + buckets.length + 1));
  const byReason = (metric: typeof m.void | typeof m.sendErrors, at: number, reasons: readonly string[]) =>
    reasons.flatMap((reason, i) => (count(at + i) > 0 ? [sample(metric, { ...labels, reason }, count(at + i))] : []));
  return [
    ...path.sizes.flatMap((size, i) => [
      sample(m.packets, path.labels.withSize(size), count(STREAM.packets + i)),
      sample(m.lost, path.labels.withSize(size), count(STREAM.lost + i)),
    ]),
    sample(m.sent, labels, count(STREAM.sent)),
    sample(m.received, labels, count(STREAM.received)),
    sample(m.late, labels, count(STREAM.late)),
    sample(m.duplicates, labels, count(STREAM.duplicates)),
    sample(m.reordered, labels, count(STREAM.reordered)),
    sample(m.inFlight, labels, count(STREAM.inFlight)),
    sample(m.currentLossRun, labels, since === 0 ? 0 : Math.max(0, nowNanos - since) / 1e9),
    sample(m.bursts, labels, count(STREAM.bursts)),
    sample(m.burstSquared, labels, count(STREAM.burstSquared)),
    sample(m.stalledLost, labels, count(STREAM.stalledLost)),
    histogramSample(m.burstPackets, labels, counts(STREAM.burst, burstBuckets), count(STREAM.burstSum)),
    histogramSample(m.rtt, labels, counts(STREAM.rtt, rttBuckets), count(STREAM.rttSum)),
    ...byReason(m.void, STREAM.void, voidReasons),
    ...byReason(m.sendErrors, STREAM.sendErrors, sendErrorReasons),
    sample(m.pathInfo, path.labels.withInfo(path.target, path.address, vmUuid), 1),
    ...(path.failure ? [sample(m.pathFailed, { ...labels, reason: path.failure.reason }, 1)] : []),
  ];
}

/** The prober's doubts about itself. A receive buffer is told once its socket is open. */
export function proberSamples(engine: Float64Array, restarts: number): AnySample[] {
  const count = (at: number) => word(engine, at);
  const buffers = [
    ["ipv4", ENGINE.receiveBufferV4],
    ["ipv6", ENGINE.receiveBufferV6],
  ] as const;
  return [
    sample(p.socketDrops, { family: "ipv4" }, count(ENGINE.socketDropsV4)),
    sample(p.socketDrops, { family: "ipv6" }, count(ENGINE.socketDropsV6)),
    ...buffers.flatMap(([family, at]) => (count(at) > 0 ? [sample(p.receiveBuffer, { family }, count(at))] : [])),
    sample(p.lateSends, { protocol: "icmp" }, count(ENGINE.lateSends)),
    sample(p.restarts, {}, restarts),
    histogramSample(
      p.stalls,
      {},
      Array.from(engine.subarray(ENGINE.stall, ENGINE.stall + stallBuckets.length + 1)),
      count(ENGINE.stallSum),
    ),
    sample(p.rejected, { reason: "malformed" }, count(ENGINE.malformed)),
    sample(p.rejected, { reason: "foreign" }, count(ENGINE.foreign)),
    sample(p.missingStamps, { direction: "transmit" }, count(ENGINE.missingTransmitStamps)),
    sample(p.missingStamps, { direction: "receive" }, count(ENGINE.missingReceiveStamps)),
  ];
}

/** Everything that the engine has to say, from one snapshot. */
export function engineSamples(
  paths: readonly ProbedPath[],
  snapshot: EngineSnapshot,
  restarts: number,
  vmUuid: string,
  nowNanos: number,
): AnySample[] {
  return [
    ...paths.flatMap((path) => pathSamples(path, snapshot.stream(path.slot), vmUuid, nowNanos)),
    ...proberSamples(snapshot.engine, restarts),
  ];
}
