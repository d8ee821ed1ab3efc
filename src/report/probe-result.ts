import { lossBounds } from "../analysis/bounds.ts";
import type { PacketLog } from "../analysis/packet-log.ts";
import { type LossPattern, lossPattern } from "../analysis/pattern/loss-pattern.ts";
import { quantile } from "../analysis/quantile.ts";
import { defaultThresholds } from "../analysis/thresholds.ts";
import {
  type InterleavedTrains,
  type RunsAgainstTrains,
  runsAgainstTrains,
} from "../analysis/trains/runs-against-trains.ts";
import { type StallCause, stallCauses } from "../prober/stall/attribute.ts";
import {
  ENGINE,
  type IcmpErrorReason,
  icmpErrorReasons,
  lateSendCount,
  lossTally,
  lostPackets,
  STREAM,
  sendErrorReasons,
  socketDropCount,
  sum,
  voidPackets,
  word,
} from "../prober/tally.ts";

/** What `probe --json` prints; null stands for what was not measured. Field names are a contract. */
export interface ProbeResult {
  readonly target: string;
  readonly address: string;
  readonly protocol: string;
  readonly size: string;
  /** Attempts: received, lost and void together once all have a verdict. */
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly void: number;
  readonly late: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly sendErrors: number;
  readonly lossRatio: number | null;
  /** 95 % Wilson bounds, widened by the design effect of bursts. */
  readonly lossLower: number | null;
  readonly lossUpper: number | null;
  /** Runs of consecutive lost packets. */
  readonly bursts: number;
  /** Packets of the longest run. */
  readonly longestBurst: number;
  readonly rttSeconds: Readonly<Record<"min" | "p50" | "p90" | "p99" | "max", number | null>>;
  /** Lost packets by direction; null where the protocol does not tell. */
  readonly directions: Directions | null;
  readonly prober: {
    /** False when more than 1 % of what was sent is void: the prober then says nothing about the path. */
    readonly valid: boolean;
    readonly socketDrops: number;
    /** Send slots skipped because the prober was not scheduled in time. */
    readonly lateSends: number;
    readonly longestStallSeconds: number;
    /** Do the RTTs rest on stamps of the kernel: all of them, some, or none? */
    readonly timestamps: "kernel" | "partial" | "none";
  };
  /** Bytes of IP packet that pass unfragmented; null where it was not asked for (--df, size mtu). */
  readonly pathMtuBytes: number | null;
  /** What routers, the target or this kernel reported, by kind; kinds that did not occur are left out. */
  readonly icmpErrors: Readonly<Partial<Record<IcmpErrorReason, number>>>;
  /** Times that another identifier or source port was taken because nothing came back. */
  readonly rotations: number;
  /** How the losses lie in time. */
  readonly pattern: LossPattern;
  /** Long runs against short trains after a pause; null where they were not interleaved. */
  readonly trains: RunsAgainstTrains | null;
  /** Seconds that the prober was not run when it was due, by what kept it; causes that did not occur are left out. */
  readonly stalledSeconds: Readonly<Partial<Record<StallCause, number>>>;
}

function sortedRtts({ count, rttSeconds }: PacketLog): Float64Array {
  return rttSeconds
    .slice(0, count)
    .filter((rtt) => !Number.isNaN(rtt))
    .sort();
}

/** Words by name, without those that are 0. */
function occurred<K extends string>(names: readonly K[], tally: Float64Array, at: number): Partial<Record<K, number>> {
  const values = names.map((name, i): [K, number] => [name, word(tally, at + i)]);
  return Object.fromEntries(values.filter(([, value]) => value > 0)) as Partial<Record<K, number>>;
}

export interface Directions {
  readonly forwardLost: number;
  readonly reverseLost: number;
  readonly unknownLost: number;
}

function directionsOf(stream: Float64Array): Directions {
  return {
    forwardLost: word(stream, STREAM.directionForward),
    reverseLost: word(stream, STREAM.directionReverse),
    unknownLost: word(stream, STREAM.directionUnknown),
  };
}

export interface ProbeSubject {
  readonly target: string;
  readonly address: string;
  readonly protocol: string;
  readonly size: string;
}

/**
 * @param stream words at STREAM, `engine` words at ENGINE, of the same snapshot
 * @param log what became of each packet, `interleaved` with what trains beside it
 */
export function probeResult(
  subject: ProbeSubject,
  stream: Float64Array,
  engine: Float64Array,
  log: PacketLog,
  interleaved: InterleavedTrains | null = null,
): ProbeResult {
  const rtts = sortedRtts(log);
  const sent = word(stream, STREAM.sent);
  const received = word(stream, STREAM.received);
  const voided = voidPackets(stream);
  const bounds = lossBounds(lossTally(stream));
  return {
    ...subject,
    sent,
    received,
    lost: lostPackets(stream),
    void: voided,
    late: word(stream, STREAM.late),
    duplicates: word(stream, STREAM.duplicates),
    reordered: word(stream, STREAM.reordered),
    sendErrors: sum(stream, STREAM.sendErrors, sendErrorReasons.length),
    lossRatio: bounds?.ratio ?? null,
    lossLower: bounds?.lower ?? null,
    lossUpper: bounds?.upper ?? null,
    bursts: word(stream, STREAM.bursts),
    longestBurst: word(stream, STREAM.longestRun),
    rttSeconds: {
      min: rtts[0] ?? null,
      p50: quantile(rtts, 0.5),
      p90: quantile(rtts, 0.9),
      p99: quantile(rtts, 0.99),
      max: rtts.at(-1) ?? null,
    },
    directions: subject.protocol === "stamp" ? directionsOf(stream) : null,
    prober: {
      valid: voided <= sent * defaultThresholds.voidRatio,
      socketDrops: socketDropCount(engine),
      lateSends: lateSendCount(engine),
      longestStallSeconds: word(engine, ENGINE.longestStallNanos) / 1e9,
      timestamps: rtts.length === 0 ? "none" : rtts.length < received ? "partial" : "kernel",
    },
    pathMtuBytes: word(stream, STREAM.pathMtu) || null,
    icmpErrors: occurred(icmpErrorReasons, stream, STREAM.icmpErrors),
    rotations: word(stream, STREAM.rotations),
    pattern: lossPattern(log),
    trains: interleaved && runsAgainstTrains(interleaved),
    stalledSeconds: occurred(stallCauses, engine, ENGINE.stalledSeconds),
  };
}
