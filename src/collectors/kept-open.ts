import type { MonotonicMs } from "./reading.ts";

/** Something of the kernel's or a daemon's that is opened once and kept. */
export interface KeptOpen<T> {
  /** @throws what opening threw; for the next five minutes the same again, without another try */
  get(): Promise<T>;
  /** Also while it is being opened. */
  close(): void;
}

/** Whoever refused will refuse again at the next scrape; what mends it is rarer. */
const RETRY_MS = 300_000;

export function keepOpen<T extends { close(): void }>(
  open: () => Promise<T>,
  monotonicMs: MonotonicMs = () => performance.now(),
): KeptOpen<T> {
  let kept: T | undefined;
  let failure: { readonly error: unknown; readonly untilMs: number } | undefined;
  let closed = false;

  async function attempt(): Promise<T> {
    try {
      return await open();
    } catch (error) {
      failure = { error, untilMs: monotonicMs() + RETRY_MS };
      throw error;
    }
  }

  return {
    async get() {
      if (kept) return kept;
      if (failure && monotonicMs() < failure.untilMs) throw failure.error;
      const opened = await attempt();
      if (closed) {
        opened.close();
        throw new Error("it was closed while it was being opened");
      }
      kept = opened;
      return kept;
    },
    close() {
      closed = true;
      kept?.close();
      kept = undefined;
    },
  };
}
