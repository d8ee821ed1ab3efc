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

/**
 * A responder that may use 10 ms of CPU in each 100 ms, and has a queue of packets before it. Short trains fit into the quota;
 * a run uses it up, waits, and overflows the queue. Gives `delayed` too: answered more than 5 ms late.
 */
export function cpuQuota({ packetSeconds, queue, quotaSeconds = 0.01, periodSeconds = 0.1 }) {
  return (times, random) => {
    const lost = new Uint8Array(times.length);
    const delayed = new Uint8Array(times.length);
    const phase = random() * periodSeconds;
    const waiting = [];
    let free = 0;
    let period = 0;
    let used = 0;
    for (const [i, t] of times.entries()) {
      while (waiting.length > 0 && waiting[0] <= t) waiting.shift();
      if (waiting.length >= queue) {
        lost[i] = 1;
        continue;
      }
      free = Math.max(free, t);
      for (let left = packetSeconds; ; ) {
        const now = Math.floor((free + phase) / periodSeconds);
        if (now > period) {
          period = now;
          used = 0;
        }
        const slice = Math.min(left, quotaSeconds - used);
        used += slice;
        left -= slice;
        free += slice;
        if (left <= 0) break;
        // A little past the boundary, so that rounding does not leave it in the period before.
        free = Math.max(free, (period + 1) * periodSeconds - phase + 1e-9);
      }
      waiting.push(free);
      if (free - t > 0.005) delayed[i] = 1;
    }
    return { lost, delayed };
  };
}
