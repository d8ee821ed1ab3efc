import type { Instant, KernelClock } from "../kernel/ffi/clock.ts";
import { type Arrival, ReflectorRing } from "../kernel/ffi/reflector-ring.ts";
import { ntpFraction, ntpSeconds } from "../packet/ntp.ts";
import { COUNT, type Rejection, rejections } from "./counts.ts";
import type { NtpTime, Responder } from "./responder.ts";

/** Packets that one system call takes or sends. */
const BATCH = 32;
const HOUSEKEEPING_SECONDS = 1;

const rejectedWord: Readonly<Record<Rejection, number>> = Object.fromEntries(
  rejections.map((reason, i) => [reason, COUNT.rejected + i]),
) as Record<Rejection, number>;

export interface ReflectLoopOptions {
  readonly fd: number;
  readonly clock: KernelClock;
  readonly responder: Responder;
  /** Words at COUNT, which go on from what they hold. */
  readonly counts: Float64Array;
  /** Packets that the socket dropped since it was opened, 32 bits. */
  readonly socketDrops: () => number;
  /** Takes the counts to where they are read. */
  readonly publish: (counts: Float64Array) => void;
}

export interface ReflectLoop {
  /** Waits for packets, answers them, counts. @throws Error where the socket fails */
  round(): void;
  /** Brings the counts up to date for the last time. */
  finish(): void;
}

export function createReflectLoop({
  fd,
  clock,
  responder,
  counts,
  socketDrops,
  publish,
}: ReflectLoopOptions): ReflectLoop {
  const ring = new ReflectorRing(BATCH);
  const replyAt = new Float64Array(BATCH);
  const replyKey = new Uint32Array(BATCH);
  const now: Instant = { monotonicNanos: 0, realtimeNanos: 0 };
  const receivedAt: NtpTime = { seconds: 0, fraction: 0 };
  const sentAt: NtpTime = { seconds: 0, fraction: 0 };
  const arrival: Arrival = {
    addresses: new Uint32Array(8),
    sourcePort: 0,
    length: 0,
    cut: false,
    unicast: false,
    ttl: 0,
    dscp: 0,
    interfaceIndex: 0,
    stampNanos: 0,
  };
  let keptAtSeconds = 0;
  let lastDrops = socketDrops();

  /** @param nanos since the clock's base */
  function toNtp(nanos: number, into: NtpTime): void {
    const seconds = Math.floor(nanos / 1e9);
    into.seconds = ntpSeconds(clock.baseSeconds + seconds);
    into.fraction = ntpFraction(nanos - seconds * 1e9);
  }

  function answer(i: number, nowSeconds: number): void {
    ring.read(i, clock.baseSeconds, arrival);
    toNtp(Number.isNaN(arrival.stampNanos) ? now.realtimeNanos : arrival.stampNanos, receivedAt);
    const verdict = responder.answer(ring.bytes, ring.dataAt(i), arrival, receivedAt, nowSeconds);
    if (verdict !== "stateful" && verdict !== "stateless") {
      add(rejectedWord[verdict], 1);
      return;
    }
    if (verdict === "stateless") add(COUNT.stateless, 1);
    replyAt[ring.queued] = ring.dataAt(i);
    replyKey[ring.queued] = responder.usedKey;
    ring.queueReply(i, arrival);
  }

  function send(): void {
    for (let k = 0; k < ring.queued; k++) {
      clock.read(now);
      toNtp(now.realtimeNanos, sentAt);
      responder.complete(ring.bytes, replyAt[k] as number, replyKey[k] as number, sentAt);
    }
    const refused = ring.send(fd);
    add(COUNT.replies, ring.queued - refused);
    add(COUNT.sendErrors, refused);
  }

  function keepHouse(nowSeconds: number): void {
    keptAtSeconds = nowSeconds;
    responder.expire(nowSeconds);
    const drops = socketDrops();
    add(COUNT.socketDrops, (drops - lastDrops) >>> 0);
    lastDrops = drops;
  }

  function add(word: number, amount: number): void {
    counts[word] = (counts[word] as number) + amount;
  }

  function report(): void {
    counts[COUNT.sessions] = responder.sessions;
    publish(counts);
  }

  function round(): void {
    const failure = ring.receive(fd);
    if (failure) throw new Error(`receiving STAMP packets failed: ${failure}`);
    clock.read(now);
    const nowSeconds = now.monotonicNanos / 1e9;
    const due = nowSeconds - keptAtSeconds >= HOUSEKEEPING_SECONDS;
    if (due) keepHouse(nowSeconds);
    for (let i = 0; i < ring.received; i++) answer(i, nowSeconds);
    if (ring.queued > 0) send();
    if (due || ring.received > 0) report();
  }

  return {
    round,
    finish() {
      keepHouse(keptAtSeconds);
      report();
    },
  };
}
