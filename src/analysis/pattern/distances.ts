import { LOST, type PacketLog, VOID } from "../packet-log.ts";

/** How often each distance occurred, a struct of arrays. */
export interface Histogram {
  readonly distance: Float64Array;
  readonly times: Float64Array;
}

/** Loss distances (RFC 3357, section 4.2): packets from one loss to the next, 1 for neighbours. */
export interface LossDistances {
  readonly lost: number;
  readonly packets: number;
  readonly ended: Histogram;
  /** Packets received after a loss until a void packet or the log's end cut the distance short. */
  readonly cut: Histogram;
}

export function lossDistances({ count, outcome }: PacketLog): LossDistances {
  const ended = new Map<number, number>();
  const cut = new Map<number, number>();
  let packets = 0;
  let lost = 0;
  let previous: number | null = null;
  for (let i = 0; i < count; i++) {
    if (outcome[i] === VOID) {
      if (previous !== null) add(cut, i - 1 - previous);
      previous = null;
      continue;
    }
    packets++;
    if (outcome[i] !== LOST) continue;
    lost++;
    if (previous !== null) add(ended, i - previous);
    previous = i;
  }
  if (previous !== null) add(cut, count - 1 - previous);
  return { lost, packets, ended: toHistogram(ended), cut: toHistogram(cut) };
}

function add(counts: Map<number, number>, distance: number): void {
  if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
}

function toHistogram(counts: Map<number, number>): Histogram {
  return { distance: Float64Array.from(counts.keys()), times: Float64Array.from(counts.values()) };
}
