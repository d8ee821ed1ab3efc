import type { Ledger } from "./ledger.ts";
import { addRare, STREAM } from "./tally.ts";

/** Left out on purpose: a reflector that counts what it gets does not skip it, one that repeats our numbers does. */
const SKIPPED_NUMBER = 1;
const NO_REPLY = -1;

/** A received packet: its number, and the reflector's for it. */
interface Anchor {
  readonly number: number;
  readonly reflected: number;
}

/**
 * One STAMP session (RFC 8762, section 3): a source port and an identifier, with numbers of its own on both sides. It knows
 * which of the ledger's packets has which number, and tells from the reflector's numbers in which direction a loss was.
 */
export class StampSession {
  readonly ssid: number;
  private readonly mask: number;
  private readonly sequences: Float64Array;
  private readonly reflected: Float64Array;
  /** Fraction of the timestamp that each packet carries: only who saw the packet can repeat it. */
  private readonly fractions: Uint32Array;
  /** How many packets left in one send, this one first. */
  private readonly trains: Uint8Array;
  private next: number;
  /** The first number whose direction is not decided, and what is known since the last received packet. */
  private undecided: number;
  private anchor: Anchor | undefined;
  private lost = 0;
  /** Of these, answered after the timeout: lost in neither direction. */
  private late = 0;
  private holdsVoid = false;

  /** @param capacity that of the ledger, a power of two @param firstNumber not 0 to begin near the wrap at 32 bits */
  constructor(ssid: number, capacity: number, firstNumber = 0) {
    // Numbers run ahead of the ledger's by the one that is left out.
    const remembered = capacity * 2;
    this.ssid = ssid;
    this.next = firstNumber;
    this.undecided = firstNumber;
    this.mask = remembered - 1;
    this.sequences = new Float64Array(remembered);
    this.reflected = new Float64Array(remembered);
    this.fractions = new Uint32Array(remembered);
    this.trains = new Uint8Array(remembered);
  }

  /** Gives the next number to a packet of the ledger. @param train packets that leave in this send from it on */
  take(sequence: number, fraction: number, train: number): number {
    if (this.next === SKIPPED_NUMBER) this.next++;
    const i = this.next & this.mask;
    this.sequences[i] = sequence;
    this.reflected[i] = NO_REPLY;
    this.fractions[i] = fraction;
    this.trains[i] = train;
    return this.next++;
  }

  /** The last packet with a number was not sent: the number goes to the next one. */
  untake(): void {
    this.next--;
    if (this.next === SKIPPED_NUMBER + 1) this.next = SKIPPED_NUMBER;
  }

  /** The full number behind its low 32 bits; -1 where that packet is not remembered. */
  unwrap(wireNumber: number): number {
    const age = (this.next - wireNumber) >>> 0;
    const number = this.next - age;
    return age === 0 || age > this.mask || number < 0 || number === SKIPPED_NUMBER ? -1 : number;
  }

  /** The ledger's number of a packet. */
  sequenceOf(number: number): number {
    return this.sequences[number & this.mask] as number;
  }

  fractionOf(number: number): number {
    return this.fractions[number & this.mask] as number;
  }

  trainOf(number: number): number {
    return this.trains[number & this.mask] as number;
  }

  /** @param reflected the reflector's own number, 32 bits */
  replied(number: number, reflected: number): void {
    const i = number & this.mask;
    if (this.reflected[i] === NO_REPLY) this.reflected[i] = reflected;
  }

  /** Every packet of it has a direction or none, except those lost since the last reply. */
  get settled(): boolean {
    return this.undecided === this.next;
  }

  /**
   * Decides on directions as far as verdicts have been given, in send order. Between two received packets, what the
   * reflector did not count was lost on the way there, and what it counted and we did not receive on the way back.
   * @param lateNanos how long after its sending a lost packet may still turn out to be a late one
   */
  decide(ledger: Ledger, tally: Float64Array, nowNanos: number, lateNanos: number): void {
    for (; this.undecided < this.next; this.undecided++) {
      if (this.undecided === SKIPPED_NUMBER) {
        this.giveUp(tally);
        continue;
      }
      const sequence = this.sequenceOf(this.undecided);
      const standing = ledger.standing(sequence);
      if (standing === "in flight") return;
      const mayComeLate = standing === "lost" && nowNanos < ledger.sentAt(sequence) + lateNanos;
      if (mayComeLate && ledger.remembersLong(sequence)) return;
      if (standing === "received") this.close(tally, this.undecided);
      else if (standing === "void" || standing === "forgotten") this.holdsVoid = true;
      else this.lost++;
      if (standing === "late") this.late++;
    }
  }

  /** What was lost since the last reply stays unknown, and so does what lies between it and the next one. */
  giveUp(tally: Float64Array): void {
    addRare(tally, STREAM.directionUnknown, this.lost);
    this.begin(undefined);
  }

  private close(tally: Float64Array, number: number): void {
    const after = { number, reflected: this.reflected[number & this.mask] as number };
    if (this.lost > 0) {
      const { forward, reverse } = this.directions(after);
      addRare(tally, STREAM.directionForward, forward);
      addRare(tally, STREAM.directionReverse, reverse);
      addRare(tally, STREAM.directionUnknown, this.lost - forward - reverse);
    }
    this.begin(after);
  }

  private begin(anchor: Anchor | undefined): void {
    this.anchor = anchor;
    this.lost = 0;
    this.late = 0;
    this.holdsVoid = false;
  }

  private directions(after: Anchor): { forward: number; reverse: number } {
    const unknown = { forward: 0, reverse: 0 };
    const before = this.anchor;
    if (!before || this.holdsVoid || isStateless(before, after)) return unknown;
    const reflectorGap = (after.reflected - before.reflected) | 0; // 32-bit numbers that wrap
    const forward = after.number - before.number - reflectorGap;
    const reverse = reflectorGap - 1 - this.late;
    return forward < 0 || reverse < 0 || forward + reverse + this.late !== this.lost ? unknown : { forward, reverse };
  }
}

/** A reflector that repeats our numbers never leaves out the one that we did. */
function isStateless(before: Anchor, after: Anchor): boolean {
  return before.reflected === before.number % 2 ** 32 && after.reflected === after.number % 2 ** 32;
}
