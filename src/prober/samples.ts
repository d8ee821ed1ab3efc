import { type Protocol, protocols, type Scope, type Size, sizeLabel } from "../config/path.ts";
import {
  type AnyMetricDef,
  type AnySample,
  type HistogramDef,
  histogramSample,
  type MetricDef,
  sample,
} from "../metrics/define.ts";
import type { LineFamily } from "../metrics/exposition.ts";
import { histogramLines, joinLabels, type LabelText, labelText, seriesLine } from "../metrics/text-format.ts";
import type { EngineSnapshot } from "./engine.ts";
import { probeMetrics as m, proberMetrics as p, stallBuckets } from "./metrics.ts";
import type { PathLabels } from "./path-labels.ts";
import { stallCauses } from "./stall/attribute.ts";
import { ENGINE, icmpErrorReasons, STREAM, sendErrorReasons, socketKinds, voidReasons, word } from "./tally.ts";

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
  readonly reason: "unresolved" | "permission" | "send_refused" | "key";
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

interface Row {
  readonly path: ProbedPath;
  readonly tally: Float64Array;
}

type PathLabel = "path" | "scope" | "protocol";
type PathMetric = MetricDef<string, PathLabel>;

/**
 * The counters of all paths; they exist at 0 before a path's first packet, or increase() would miss its first loss. Each
 * line is made when it is rendered: a thousand paths have fifty thousand.
 * @param vmUuid of this machine, empty while unknown @param nowNanos monotonic
 */
export function pathFamilies(
  paths: readonly ProbedPath[],
  snapshot: EngineSnapshot,
  vmUuid: string,
  nowNanos: number,
): LineFamily[] {
  // Looked up with a path's first line: a thousand at once would hold others up for milliseconds.
  const tallies: Float64Array[] = [];
  function rowOf(path: ProbedPath, i: number): Row {
    const tally = tallies[i] ?? snapshot.stream(path.slot);
    tallies[i] = tally;
    return { path, tally };
  }

  /** @param linesOf the lines of one path, empty where it has none */
  function family(metric: AnyMetricDef, linesOf: (row: Row) => string): LineFamily {
    const lines = {
      *[Symbol.iterator]() {
        for (const [i, path] of paths.entries()) yield linesOf(rowOf(path, i));
      },
    };
    return { metric, lines };
  }
  const value = (metric: PathMetric, read: (tally: Float64Array) => number) =>
    family(metric, ({ path, tally }) => seriesLine(metric, path.labels, read(tally)));
  const count = (metric: PathMetric, at: number) => value(metric, (tally) => word(tally, at));
  const bySize = (metric: typeof m.packets | typeof m.lost, at: number) =>
    family(metric, ({ path, tally }) =>
      path.sizes.map((size, i) => seriesLine(metric, withSize(path.labels, size), word(tally, at + i))).join(""),
    );
  const byReason = (metric: MetricDef<string, PathLabel | "reason">, at: number, reasons: readonly string[]) =>
    family(metric, ({ path, tally }) =>
      reasons
        .map((reason, i) => {
          const events = word(tally, at + i);
          return events > 0 ? seriesLine(metric, withReason(path.labels, reason), events) : "";
        })
        .join(""),
    );
  const distribution = (metric: HistogramDef<string, PathLabel>, at: number, sum: number) => {
    const linesOf = histogramLines(metric);
    const words = metric.buckets.length + 1;
    return family(metric, ({ path, tally }) => linesOf(path.labels, tally.subarray(at, at + words), word(tally, sum)));
  };

  return [
    bySize(m.packets, STREAM.packets),
    bySize(m.lost, STREAM.lost),
    count(m.sent, STREAM.sent),
    count(m.received, STREAM.received),
    count(m.late, STREAM.late),
    count(m.duplicates, STREAM.duplicates),
    count(m.reordered, STREAM.reordered),
    count(m.inFlight, STREAM.inFlight),
    value(m.currentLossRun, (tally) => openRunSeconds(tally, nowNanos)),
    count(m.bursts, STREAM.bursts),
    count(m.burstSquared, STREAM.burstSquared),
    count(m.stalledLost, STREAM.stalledLost),
    distribution(m.burstPackets, STREAM.burst, STREAM.burstSum),
    distribution(m.rtt, STREAM.rtt, STREAM.rttSum),
    byReason(m.void, STREAM.void, voidReasons),
    byReason(m.sendErrors, STREAM.sendErrors, sendErrorReasons),
    byReason(m.icmpErrors, STREAM.icmpErrors, icmpErrorReasons),
    byReason(m.rotations, STREAM.rotations, ["dark"]),
    family(m.directionLost, ({ path, tally }) =>
      path.protocol === "stamp"
        ? directions
            .map((direction, i) =>
              seriesLine(
                m.directionLost,
                withDirection(path.labels, direction),
                word(tally, STREAM.directionForward + i),
              ),
            )
            .join("")
        : "",
    ),
    family(m.pathMtu, ({ path, tally }) => {
      const bytes = word(tally, STREAM.pathMtu);
      return bytes > 0 ? seriesLine(m.pathMtu, path.labels, bytes) : "";
    }),
    family(m.pathInfo, ({ path: { labels, target, address } }) =>
      seriesLine(m.pathInfo, joinLabels(labels, labelText({ target, address, vm_uuid: vmUuid })), 1),
    ),
    family(m.pathFailed, ({ path: { labels, failure } }) =>
      failure ? seriesLine(m.pathFailed, withReason(labels, failure.reason), 1) : "",
    ),
  ];
}

function withSize(labels: PathLabels, size: Size): LabelText<PathLabel | "size"> {
  return joinLabels(labels, labelText({ size: sizeLabel(size) }));
}

function withReason(labels: PathLabels, reason: string): LabelText<PathLabel | "reason"> {
  return joinLabels(labels, labelText({ reason }));
}

/** In the order of their words. */
export const directions = ["forward", "reverse", "unknown"] as const;

function withDirection(labels: PathLabels, direction: string): LabelText<PathLabel | "direction"> {
  return joinLabels(labels, labelText({ direction }));
}

/** Seconds since the first packet of the open run of loss was sent; 0 without one. */
export function openRunSeconds(tally: Float64Array, nowNanos: number): number {
  const since = word(tally, STREAM.openRunSince);
  return since === 0 ? 0 : Math.max(0, nowNanos - since) / 1e9;
}

function countsAt(tally: Float64Array, at: number, buckets: readonly number[]): number[] {
  return Array.from(tally.subarray(at, at + buckets.length + 1));
}

/** The prober's doubts about itself. A receive buffer is told once its socket is open. */
export function proberSamples(engine: Float64Array, restarts: number): AnySample[] {
  const count = (at: number) => word(engine, at);
  return [
    ...bySocketKind(p.socketDrops, engine, ENGINE.socketDrops),
    ...bySocketKind(p.receiveBuffer, engine, ENGINE.receiveBuffer),
    ...protocols.map((protocol, i) => sample(p.lateSends, { protocol }, count(ENGINE.lateSends + i))),
    sample(p.restarts, {}, restarts),
    histogramSample(p.stalls, {}, countsAt(engine, ENGINE.stall, stallBuckets), count(ENGINE.stallSum)),
    sample(p.rejected, { reason: "malformed" }, count(ENGINE.malformed)),
    sample(p.rejected, { reason: "foreign" }, count(ENGINE.foreign)),
    sample(p.rejected, { reason: "unauthenticated" }, count(ENGINE.unauthenticated)),
    ...stallCauses.map((cause, i) => sample(p.stalledSeconds, { cause }, count(ENGINE.stalledSeconds + i))),
    sample(p.missingStamps, { direction: "transmit" }, count(ENGINE.missingTransmitStamps)),
    sample(p.missingStamps, { direction: "receive" }, count(ENGINE.missingReceiveStamps)),
  ];
}

/** Of sockets that were opened: those have a receive buffer. */
function bySocketKind(
  metric: typeof p.socketDrops | typeof p.receiveBuffer,
  engine: Float64Array,
  at: number,
): AnySample[] {
  return socketKinds.flatMap(({ protocol, family }, i) =>
    word(engine, ENGINE.receiveBuffer + i) > 0
      ? [sample(metric, { protocol, family: `ipv${family}` }, word(engine, at + i))]
      : [],
  );
}
