import { lossBounds, Z95 } from "../bounds.ts";
import { LOST, type PacketLog, VOID } from "../packet-log.ts";
import { lossDistances } from "./distances.ts";
import type { Estimate, TwoState } from "./estimate.ts";
import { fitPartialLoss } from "./partial-loss.ts";

const LEAST_RUNS = 5;

/** @returns the reason where there are too few runs of loss to say anything */
export function twoState(log: PacketLog): TwoState | string {
  const steps = countSteps(log);
  if (steps.began < LEAST_RUNS || steps.ended < LEAST_RUNS) {
    return `${Math.min(steps.began, steps.ended)} runs of loss, needs ${LEAST_RUNS}`;
  }
  const partial = fitPartialLoss(lossDistances(log));
  if (partial) return partial;
  return {
    goodToBad: share(steps.began, steps.fromReceived),
    badToGood: share(steps.ended, steps.fromLost),
    lossInBad: null,
  };
}

/** Steps from one packet to the next; those from or to a void packet say nothing. */
interface Steps {
  readonly fromReceived: number;
  readonly fromLost: number;
  /** From received to lost, and back. */
  readonly began: number;
  readonly ended: number;
}

function countSteps({ count, outcome }: PacketLog): Steps {
  let [fromReceived, fromLost, began, ended] = [0, 0, 0, 0];
  for (let i = 1; i < count; i++) {
    const before = outcome[i - 1];
    const after = outcome[i];
    if (before === VOID || after === VOID) continue;
    if (before === LOST) {
      fromLost++;
      if (after !== LOST) ended++;
    } else {
      fromReceived++;
      if (after === LOST) began++;
    }
  }
  return { fromReceived, fromLost, began, ended };
}

/** Wilson's interval: steps out of one state are independent, however bursty the loss is. */
function share(hits: number, of: number): Estimate {
  const bounds = lossBounds({ packets: of, lost: hits, burstSquared: hits }, Z95);
  return { value: hits / of, lower: bounds?.lower ?? 0, upper: bounds?.upper ?? 1 };
}
