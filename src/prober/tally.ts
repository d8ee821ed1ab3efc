import type { LossTally } from "../analysis/bounds.ts";
import { MAX_SIZES_PER_PATH, type Protocol, protocols } from "../config/path.ts";
import { burstBuckets, rttBuckets, stallBuckets } from "./metrics.ts";
import { stallCauses } from "./stall/attribute.ts";

/** Why a packet has no verdict: each of these would make our own count wrong. */
export const voidReasons = ["socket_drop", "not_drained", "send_failed", "clock_step", "worker_died"] as const;
export type VoidReason = (typeof voidReasons)[number];

/** Errors of send that are told apart; the last stands for all others. */
export const sendErrorReasons = [
  "EPERM",
  "EACCES",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EMSGSIZE",
  "ENOBUFS",
  "EAGAIN",
  "EINVAL",
  "ENODEV",
  "ENETDOWN",
  "EMFILE",
  "EADDRNOTAVAIL",
  "other",
] as const;

/** What routers and targets report about our packets, told apart by ICMP type and code. */
export const icmpErrorReasons = [
  "packet_too_big",
  "port_unreachable",
  "host_unreachable",
  "network_unreachable",
  "prohibited",
  "time_exceeded",
  "other",
] as const;
export type IcmpErrorReason = (typeof icmpErrorReasons)[number];

/** Sockets that replies wait in. */
export const socketKinds = [
  { protocol: "icmp", family: 4 },
  { protocol: "icmp", family: 6 },
  { protocol: "stamp", family: 4 },
  { protocol: "stamp", family: 6 },
] as const satisfies readonly { protocol: Protocol; family: 4 | 6 }[];

type Layout<K extends string> = Readonly<Record<K, number>>;

/** Offsets of named runs of words, one behind the other. */
function layout<const K extends string>(lengths: Readonly<Record<K, number>>): { at: Layout<K>; words: number } {
  let words = 0;
  const at = {} as Record<K, number>;
  for (const name of Object.keys(lengths) as K[]) {
    at[name] = words;
    words += lengths[name];
  }
  return { at, words };
}

/** What a received packet changes stands first, in few cache lines; `lost` and all behind it is rare. */
const stream = layout({
  sent: 1,
  inFlight: 1,
  received: 1,
  /** Sends in a row that the kernel refused. */
  refusedRun: 1,
  /** Monotonic nanoseconds at which the first packet of the open run of loss was sent; 0 without an open run. */
  openRunSince: 1,
  openRunPackets: 1,
  /** Trains of 10 packets with a verdict in a row; their losses, and the sum of the squares of these, stand below. */
  trains: 1,
  /** Changes of rare words: where it stands still, these need not be published again. */
  rareChanges: 1,
  rttSum: 1,
  rtt: rttBuckets.length + 1,
  packets: MAX_SIZES_PER_PATH,
  lost: MAX_SIZES_PER_PATH,
  trainLost: 1,
  trainLostSquared: 1,
  late: 1,
  duplicates: 1,
  reordered: 1,
  bursts: 1,
  burstSquared: 1,
  stalledLost: 1,
  longestRun: 1,
  /** Why the kernel last refused: an index of sendErrorReasons. */
  lastSendError: 1,
  burstSum: 1,
  burst: burstBuckets.length + 1,
  void: voidReasons.length,
  sendErrors: sendErrorReasons.length,
  icmpErrors: icmpErrorReasons.length,
  directionForward: 1,
  directionReverse: 1,
  directionUnknown: 1,
  /** Bytes of IP packet; 0 while unknown. */
  pathMtu: 1,
  /** Times that the stream took another identifier or source port because nothing came back. */
  rotations: 1,
});

const engine = layout({
  socketDrops: socketKinds.length,
  receiveBuffer: socketKinds.length,
  lateSends: protocols.length,
  missingTransmitStamps: 1,
  missingReceiveStamps: 1,
  malformed: 1,
  foreign: 1,
  unauthenticated: 1,
  longestStallNanos: 1,
  stallSum: 1,
  stalledSeconds: stallCauses.length,
  stall: stallBuckets.length + 1,
});

/** Words (doubles, exact to 2^53) of one stream's tally; times in nanoseconds, histograms in seconds, buckets not cumulative. */
export const STREAM = stream.at;
/** Words of the engine's own tally, which has slot 0 of the shared memory. */
export const ENGINE = engine.at;
export const ENGINE_SLOT = 0;
/** Words from one slot to the next. */
export const SLOT_WORDS = Math.max(stream.words, engine.words);

/** A tally's word; typed arrays of known length never answer undefined. */
export function word(tally: Float64Array, at: number): number {
  return tally[at] as number;
}

export function add(tally: Float64Array, at: number, amount: number): void {
  tally[at] = word(tally, at) + amount;
}

/** The first of the words that only `addRare` and `setRare` may change. */
export const RARE_FROM = STREAM.lost;

export function addRare(tally: Float64Array, at: number, amount: number): void {
  setRare(tally, at, word(tally, at) + amount);
}

export function setRare(tally: Float64Array, at: number, value: number): void {
  tally[at] = value;
  add(tally, STREAM.rareChanges, 1);
}

/** Index of a kind of socket in `socketKinds`; -1 for TCP, whose sockets hold one reply each. */
export function socketKind(protocol: Protocol, family: 4 | 6): number {
  return socketKinds.findIndex((kind) => kind.protocol === protocol && kind.family === family);
}

/** Index of the first bucket that holds `value`; the last index is +Inf. */
export function bucketOf(buckets: readonly number[], value: number): number {
  let i = 0;
  while (i < buckets.length && value > (buckets[i] as number)) i++;
  return i;
}

export function sum(tally: Float64Array, at: number, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += word(tally, at + i);
  return total;
}

/** Packets with a verdict, over all sizes. */
export function judgedPackets(tally: Float64Array): number {
  return sum(tally, STREAM.packets, MAX_SIZES_PER_PATH);
}

export function lostPackets(tally: Float64Array): number {
  return sum(tally, STREAM.lost, MAX_SIZES_PER_PATH);
}

export function voidPackets(tally: Float64Array): number {
  return sum(tally, STREAM.void, voidReasons.length);
}

/** Replies that our own sockets dropped. */
export function socketDropCount(engine: Float64Array): number {
  return sum(engine, ENGINE.socketDrops, socketKinds.length);
}

/** Send slots skipped, over all protocols. */
export function lateSendCount(engine: Float64Array): number {
  return sum(engine, ENGINE.lateSends, protocols.length);
}

/** What the bounds of the loss need. */
export function lossTally(tally: Float64Array): LossTally {
  return { packets: judgedPackets(tally), lost: lostPackets(tally), burstSquared: word(tally, STREAM.burstSquared) };
}

/**
 * Closes the books of a worker that died: what it had in flight has no verdict and never will.
 * `sent = packets + void + in flight` holds afterwards even if it died in the middle of writing. Losses whose direction it
 * had not decided stay unknown.
 */
export function closeBooks(tally: Float64Array, protocol: Protocol): void {
  const judged = judgedPackets(tally) + voidPackets(tally);
  tally[STREAM.sent] = Math.max(word(tally, STREAM.sent), judged);
  addRare(tally, STREAM.void + voidReasons.indexOf("worker_died"), word(tally, STREAM.sent) - judged);
  tally[STREAM.inFlight] = 0;
  if (protocol === "stamp") addRare(tally, STREAM.directionUnknown, lostPackets(tally) - directedPackets(tally));
}

/** Lost packets whose direction is decided, or given up. */
function directedPackets(tally: Float64Array): number {
  return (
    word(tally, STREAM.directionForward) + word(tally, STREAM.directionReverse) + word(tally, STREAM.directionUnknown)
  );
}
