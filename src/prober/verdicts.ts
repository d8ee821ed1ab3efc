import { LOST, RECEIVED, VOID } from "../analysis/packet-log.ts";
import { TRAIN_PACKETS } from "../analysis/trains/dispersion.ts";
import { burstBuckets, rttBuckets } from "./metrics.ts";
import type { PacketRecorder } from "./packet-record.ts";
import { add, addRare, bucketOf, STREAM, setRare, type VoidReason, voidReasons, word } from "./tally.ts";

/** Flights are taken to last at least this long when they are held against stalls. */
const SHORTEST_FLIGHT_NANOS = 1e6;
/** The recent RTT distribution halves its weight every so many replies. */
const RECENT_REPLIES = 1000;

/** What the verdicts of one stream, given in send order, add up to. */
export class Verdicts {
  private readonly tally: Float64Array;
  private readonly recorder: PacketRecorder | undefined;
  private readonly recentRtt = new Float64Array(rttBuckets.length + 1);
  private recentReplies = 0;
  private trainPackets = 0;
  private trainLost = 0;

  constructor(tally: Float64Array, recorder: PacketRecorder | undefined) {
    this.tally = tally;
    this.recorder = recorder;
  }

  /** @param rttSeconds NaN where a stamp is missing */
  received(sizeIndex: number, sentNanos: number, rttSeconds: number): void {
    const { tally } = this;
    this.endRun();
    add(tally, STREAM.received, 1);
    add(tally, STREAM.packets + sizeIndex, 1);
    if (!Number.isNaN(rttSeconds)) this.observeRtt(rttSeconds);
    this.countInTrain(0);
    this.recorder?.note(sentNanos, RECEIVED, rttSeconds);
  }

  /** @param stalled the flight overlaps a stall of this machine */
  lost(sizeIndex: number, sentNanos: number, stalled: boolean): void {
    const { tally } = this;
    add(tally, STREAM.packets + sizeIndex, 1);
    addRare(tally, STREAM.lost + sizeIndex, 1);
    if (stalled) addRare(tally, STREAM.stalledLost, 1);
    if (word(tally, STREAM.openRunPackets) === 0) {
      addRare(tally, STREAM.bursts, 1);
      tally[STREAM.openRunSince] = sentNanos;
    }
    add(tally, STREAM.openRunPackets, 1);
    const run = word(tally, STREAM.openRunPackets);
    addRare(tally, STREAM.burstSquared, 2 * run - 1);
    setRare(tally, STREAM.longestRun, Math.max(run, word(tally, STREAM.longestRun)));
    this.countInTrain(1);
    this.recorder?.note(sentNanos, LOST, Number.NaN);
  }

  void(sentNanos: number, reason: VoidReason): void {
    addRare(this.tally, STREAM.void + voidReasons.indexOf(reason), 1);
    this.trainPackets = 0; // a train that holds a void packet counts for nothing
    this.trainLost = 0;
    this.recorder?.note(sentNanos, VOID, Number.NaN);
  }

  /** A received packet ends a run of loss; a void one says nothing and leaves it open. */
  private endRun(): void {
    const { tally } = this;
    const run = word(tally, STREAM.openRunPackets);
    if (run === 0) return;
    addRare(tally, STREAM.burst + bucketOf(burstBuckets, run), 1);
    addRare(tally, STREAM.burstSum, run);
    tally[STREAM.openRunPackets] = 0;
    tally[STREAM.openRunSince] = 0;
  }

  private countInTrain(lost: number): void {
    this.trainLost += lost;
    if (++this.trainPackets < TRAIN_PACKETS) return;
    add(this.tally, STREAM.trains, 1);
    addRare(this.tally, STREAM.trainLost, this.trainLost);
    addRare(this.tally, STREAM.trainLostSquared, this.trainLost ** 2);
    this.trainPackets = 0;
    this.trainLost = 0;
  }

  private observeRtt(seconds: number): void {
    const bucket = bucketOf(rttBuckets, seconds);
    add(this.tally, STREAM.rtt + bucket, 1);
    add(this.tally, STREAM.rttSum, seconds);
    add(this.recentRtt, bucket, 1);
    if (++this.recentReplies < RECENT_REPLIES) return;
    this.recentReplies = 0;
    for (let k = 0; k < this.recentRtt.length; k++) this.recentRtt[k] = (this.recentRtt[k] as number) / 2;
  }

  /** How long a packet's flight is taken to last: the recent 99th percentile of RTT, at least 1 ms and at most `longest`. */
  flightNanos(longest: number): number {
    const total = this.recentRtt.reduce((a, b) => a + b, 0);
    let rest = total * 0.01;
    for (let k = this.recentRtt.length - 1; k >= 0; k--) {
      rest -= this.recentRtt[k] as number;
      if (total > 0 && rest < 0) return Math.max(SHORTEST_FLIGHT_NANOS, (rttBuckets[k] ?? longest / 1e9) * 1e9);
    }
    return SHORTEST_FLIGHT_NANOS;
  }
}
