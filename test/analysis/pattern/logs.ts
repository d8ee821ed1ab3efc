import { LOST, type PacketLog, RECEIVED, VOID } from "../../../src/analysis/packet-log.ts";

const marks = new Map([
  [".", RECEIVED],
  ["x", LOST],
  ["v", VOID],
]);

/** One character a packet: `.` received, `x` lost, `v` void; one packet each `intervalSeconds`. */
export function logOf(text: string, intervalSeconds = 1): PacketLog {
  const outcome = Uint8Array.from(text, (mark) => marks.get(mark) ?? VOID);
  return packetLog(
    Float64Array.from(outcome, (_, i) => i * intervalSeconds),
    outcome,
  );
}

export function packetLog(sentSeconds: Float64Array, outcome: Uint8Array, rttSeconds?: Float64Array): PacketLog {
  const rtts = rttSeconds ?? Float64Array.from(outcome, (o) => (o === RECEIVED ? 0.001 : Number.NaN));
  return { count: outcome.length, sentSeconds, outcome, rttSeconds: rtts };
}

export type Draw = () => number;

/** mulberry32: the same draws in each run. */
export function seeded(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Intervals drawn evenly between half and one and a half of the mean, as the engine draws them. */
export function sendTimes(ratePerSecond: number, seconds: number, draw: Draw): Float64Array {
  const times: number[] = [];
  for (let t = 0; t < seconds; t += (0.5 + draw()) / ratePerSecond) times.push(t);
  return Float64Array.from(times);
}

/** Everything is lost in the first `holeSeconds` of each period, and `ratio` at random beside. */
export function withHoles(times: Float64Array, everySeconds: number, holeSeconds: number, ratio = 0, draw = seeded(1)) {
  return packetLog(
    times,
    Uint8Array.from(times, (t) => (t % everySeconds < holeSeconds || draw() < ratio ? LOST : RECEIVED)),
  );
}

export function withRandomLoss(times: Float64Array, ratio: number, draw: Draw): PacketLog {
  return packetLog(
    times,
    Uint8Array.from(times, () => (draw() < ratio ? LOST : RECEIVED)),
  );
}

/** Gilbert-Elliott in steps of packets. */
export function withChain(
  times: Float64Array,
  goodToBad: number,
  badToGood: number,
  lossInBad: number,
  draw: Draw,
): PacketLog {
  let bad = false;
  return packetLog(
    times,
    Uint8Array.from(times, () => {
      const change = draw();
      bad = bad ? change >= badToGood : change < goodToBad;
      return draw() < lossInBad && bad ? LOST : RECEIVED;
    }),
  );
}
