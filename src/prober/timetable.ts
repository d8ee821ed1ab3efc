import { DueQueue } from "./due-queue.ts";
import { jitteredNanos, type Pace } from "./pacing.ts";

/**
 * When each stream's next packet is due, and how many it has left to send. By slot and in arrays without gaps: every packet
 * asks here first, and a thousand streams do not fit the caches.
 */
export class Timetable {
  private readonly random: () => number;
  private readonly queue = new DueQueue();
  private due = new Float64Array(64);
  private interval = new Float64Array(64);
  private attempts = new Float64Array(64);
  /** Slots that are in use. */
  private readonly slots = new Set<number>();
  /** Undefined after any stream came, went or changed its rate. */
  private knownPace: Pace | undefined;

  constructor(random: () => number) {
    this.random = random;
  }

  /**
   * The stream's first packet comes within one interval from now; an entry that it had before is void.
   * @param attempts left to make; Infinity for a stream that runs for ever
   */
  set(slot: number, intervalNanos: number, attempts: number, nowNanos: number): void {
    while (slot >= this.due.length) this.grow();
    this.slots.add(slot);
    this.knownPace = undefined;
    this.interval[slot] = intervalNanos;
    this.attempts[slot] = attempts;
    this.schedule(slot, nowNanos + this.random() * intervalNanos);
  }

  remove(slot: number): void {
    this.slots.delete(slot);
    this.knownPace = undefined;
    this.due[slot] = Number.NaN;
  }

  get pace(): Pace {
    this.knownPace ??= this.paceOfAll();
    return this.knownPace;
  }

  /** Of the first entry; Infinity without. */
  earliestNanos(): number {
    return this.queue.earliest();
  }

  /** Takes the first entry. @returns its slot; -1 for the leftover of a stream that was removed or given another pace */
  take(): number {
    const when = this.queue.earliest();
    const slot = this.queue.pop();
    return this.due[slot] === when ? slot : -1;
  }

  dueNanos(slot: number): number {
    return this.due[slot] as number;
  }

  intervalNanos(slot: number): number {
    return this.interval[slot] as number;
  }

  /** Attempts left to make. */
  left(slot: number): number {
    return this.attempts[slot] as number;
  }

  made(slot: number, attempts: number): void {
    this.attempts[slot] = this.left(slot) - attempts;
  }

  /** Its next packet comes one jittered interval after `fromNanos`; after several packets, as many intervals. */
  reschedule(slot: number, fromNanos: number, packets: number): void {
    this.schedule(slot, fromNanos + jitteredNanos(this.intervalNanos(slot) * packets, this.random));
  }

  private schedule(slot: number, dueNanos: number): void {
    this.due[slot] = dueNanos;
    this.queue.push(dueNanos, slot);
  }

  private paceOfAll(): Pace {
    const pace = { packetsPerSecond: 0, shortestIntervalNanos: Number.POSITIVE_INFINITY };
    for (const slot of this.slots) {
      pace.packetsPerSecond += 1e9 / this.intervalNanos(slot);
      pace.shortestIntervalNanos = Math.min(pace.shortestIntervalNanos, this.intervalNanos(slot));
    }
    return pace;
  }

  private grow(): void {
    const larger = (array: Float64Array) => {
      const grown = new Float64Array(array.length * 2);
      grown.set(array);
      return grown;
    };
    this.due = larger(this.due);
    this.interval = larger(this.interval);
    this.attempts = larger(this.attempts);
  }
}
