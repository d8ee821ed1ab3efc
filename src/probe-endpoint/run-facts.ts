import { type LossBounds, lossBounds } from "../analysis/bounds.ts";
import type { PacketLog } from "../analysis/packet-log.ts";
import type { Thresholds } from "../analysis/thresholds.ts";
import type { ProbeModule } from "../config/probe-endpoint.ts";
import type { PathFailure } from "../prober/samples.ts";
import { sendRefusal } from "../prober/send-refusal.ts";
import { lossTally, STREAM, sendErrorReasons, sum, word } from "../prober/tally.ts";

/** All that is known of one run when its answer is given. */
export interface RunFacts {
  /** As the request has it. */
  readonly target: string;
  readonly module: ProbeModule;
  /** Empty where none was found. */
  readonly address: string;
  /** Epoch. */
  readonly startedAtSeconds: number;
  readonly lookupSeconds: number;
  readonly durationSeconds: number;
  /** What the answer might have taken. */
  readonly limitSeconds: number;
  readonly complete: boolean;
  /** Words at STREAM: this run's, and with all earlier ones of the same target and module. */
  readonly run: Float64Array;
  readonly total: Float64Array;
  readonly log: PacketLog;
  readonly failure: PathFailure | undefined;
}

/** Did the target answer? Loss below that is told by the counters, which more runs make surer. */
export function isSuccess({ run }: RunFacts): boolean {
  return word(run, STREAM.received) > 0;
}

export function boundsOf({ run }: RunFacts): LossBounds | null {
  return lossBounds(lossTally(run));
}

/** Is the run worth being looked at later? */
export function isNotable(facts: RunFacts, { lossRatio, lossRatioExternal }: Thresholds): boolean {
  const limit = facts.module.path.scope === "external" ? lossRatioExternal : lossRatio;
  return !isSuccess(facts) || !facts.complete || (boundsOf(facts)?.lower ?? 0) > limit;
}

/** Where the kernel sent nothing at all of a run. */
export function refusalOf(run: Float64Array): PathFailure | undefined {
  const sent = word(run, STREAM.sent);
  if (sent === 0 || sum(run, STREAM.sendErrors, sendErrorReasons.length) < sent) return undefined;
  return { reason: "send_refused", message: `the kernel refuses every packet ${sendRefusal(run)}` };
}
