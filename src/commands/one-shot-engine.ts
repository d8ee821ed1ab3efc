import { createProbeEngine, type ProbeEngine } from "../prober/engine.ts";
import { CannotRunError } from "./usage.ts";

/** An engine for streams that end. */
export interface OneShotEngine {
  readonly engine: ProbeEngine;
  /** Resolves when every attempt of the stream has its verdict. To be asked at once after `add`. */
  ended(slot: number): Promise<void>;
  /** Rejects when probing turns out not to be possible: with CannotRunError where it is not permitted. */
  readonly failed: Promise<never>;
}

export function startOneShotEngine(receiveBufferBytes: number | null): OneShotEngine {
  const waiting = new Map<number, () => void>();
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // whoever races against it hears of it
  const engine = createProbeEngine({
    receiveBufferBytes,
    onDenied: (message) => fail(new CannotRunError(message)),
    onWorkerDied: (error) => fail(error),
    onDone(slot) {
      waiting.get(slot)?.();
      waiting.delete(slot);
    },
  });
  return {
    engine,
    failed,
    ended: (slot) =>
      new Promise((resolve) => {
        waiting.set(slot, resolve);
      }),
  };
}
