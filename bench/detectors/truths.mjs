import { exponential, normal } from "./random.mjs";

/** What a path does to packets: each of these takes send times (seconds) and gives 1 for each packet that is lost. */

export function randomLoss(ratio) {
  return (times, random) => Uint8Array.from(times, () => (random() < ratio ? 1 : 0));
}

/** Bad spells in time, exponential; a packet inside one is lost with `lossInBad`. */
export function spells({ everySeconds, meanSeconds, lossInBad = 1 }) {
  return (times, random) => {
    let bad = random() < meanSeconds / everySeconds;
    let until = exponential(random, bad ? meanSeconds : everySeconds - meanSeconds);
    return Uint8Array.from(times, (t) => {
      while (until <= t) {
        bad = !bad;
        until += exponential(random, bad ? meanSeconds : everySeconds - meanSeconds);
      }
      return bad && random() < lossInBad ? 1 : 0;
    });
  };
}

/** Gilbert-Elliott in steps of packets. */
export function chain({ goodToBad, badToGood, lossInBad = 1 }) {
  return (times, random) => {
    let bad = random() < goodToBad / (goodToBad + badToGood);
    return Uint8Array.from(times, () => {
      bad = random() < (bad ? 1 - badToGood : goodToBad);
      return bad && random() < lossInBad ? 1 : 0;
    });
  };
}

/** Everything is lost for `holeSeconds` in each period. `wander`: standard deviation of a period, in parts of it. */
export function holes({ everySeconds, holeSeconds, wander = 0 }) {
  return (times, random) => {
    let start = -random() * everySeconds;
    let next = start + everySeconds * (1 + wander * normal(random));
    return Uint8Array.from(times, (t) => {
      while (next <= t) {
        start = next;
        next += Math.max(holeSeconds, everySeconds * (1 + wander * normal(random)));
      }
      return t - start < holeSeconds ? 1 : 0;
    });
  };
}

/** A packet is lost if any of them loses it. */
export function both(...truths) {
  return (times, random) => {
    const each = truths.map((truth) => truth(times, random));
    return times.length === 0 ? new Uint8Array(0) : each[0].map((_, i) => (each.some((lost) => lost[i] === 1) ? 1 : 0));
  };
}

/** Tokens come at `ratePerSecond` up to `depth`; a packet without one is lost. */
export function tokenBucket({ ratePerSecond, depth }) {
  return (times) => {
    let tokens = depth;
    let last = times[0] ?? 0;
    return Uint8Array.from(times, (t) => {
      tokens = Math.min(depth, tokens + (t - last) * ratePerSecond);
      last = t;
      if (tokens < 1) return 1;
      tokens--;
      return 0;
    });
  };
}
