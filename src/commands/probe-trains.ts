import { setTimeout as sleep } from "node:timers/promises";
import { LOST, type PacketLog, VOID } from "../analysis/packet-log.ts";
import { EXCURSION_SECONDS, shortestRtt } from "../analysis/pattern/onsets.ts";
import { TRAIN_PACKETS } from "../analysis/trains/dispersion.ts";
import type { InterleavedTrains, TrainTally } from "../analysis/trains/runs-against-trains.ts";
import type { StreamSpec } from "../prober/engine.ts";
import { createPacketRecord, packetLogOf } from "../prober/packet-record.ts";
import { STREAM, word } from "../prober/tally.ts";
import type { OneShotEngine } from "./one-shot-engine.ts";

export const RUN_PACKETS = 1000;
const TRAINS_PER_RUN = 10;
/**
 * Pauses of 0.25 to 0.75 s: long enough for a CPU quota (100 ms) and for what a preempted vCPU left behind, and uneven, because
 * even ones lock to faults that have a period.
 */
const IDLE_MS = { least: 250, spread: 500 };
const LOOK_MS = 10;

/**
 * Holds a stream after each thousand packets, sends ten trains of ten with a pause before each, and lets it go on. The trains
 * are packets beside the stream's own.
 * @param slot of the stream, `spec` what it is, `log` what became of its packets so far
 * @returns when the stream has ended
 */
export async function interleaveTrains(
  { engine, ended }: OneShotEngine,
  slot: number,
  spec: StreamSpec & { readonly count: number },
  log: () => PacketLog,
): Promise<InterleavedTrains> {
  const trains: PacketLog[] = [];
  const runEnds: number[] = [];
  for (let until = RUN_PACKETS; until < spec.count; until += RUN_PACKETS) {
    while (word(engine.snapshot().stream(slot), STREAM.sent) < until) await sleep(LOOK_MS);
    engine.setAddress(slot, null);
    for (let k = 0; k < TRAINS_PER_RUN; k++) {
      await sleep(IDLE_MS.least + Math.random() * IDLE_MS.spread);
      const record = createPacketRecord(TRAIN_PACKETS);
      const train = engine.add({ ...spec, count: TRAIN_PACKETS, record });
      await ended(train);
      engine.remove(train);
      trains.push(packetLogOf(record));
    }
    runEnds.push(log().count);
    engine.setAddress(slot, spec.address);
  }
  await ended(slot);
  const whole = log();
  const excursionSeconds = shortestRtt(whole) + EXCURSION_SECONDS;
  const tally = (of: PacketLog, from: number, to: number) => trainTally(of, from, to, excursionSeconds);
  return {
    runs: [...runEnds, whole.count].map((end, i) => tally(whole, runEnds[i - 1] ?? 0, end)),
    trains: trains.map((train) => tally(train, 0, train.count)),
    limiterExcluded: false,
  };
}

function trainTally(log: PacketLog, from: number, to: number, excursionSeconds: number): TrainTally {
  const tally = { packets: 0, lost: 0, timed: 0, delayed: 0 };
  for (let i = from; i < to; i++) {
    const rtt = log.rttSeconds[i] as number;
    if (log.outcome[i] !== VOID) tally.packets++;
    if (log.outcome[i] === LOST) tally.lost++;
    if (rtt >= 0) tally.timed++;
    if (rtt > excursionSeconds) tally.delayed++;
  }
  return tally;
}
