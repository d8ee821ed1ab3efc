import type { ProbeEngine, StreamSpec } from "../prober/engine.ts";

/** How a run came to its end. */
export type RunEnd =
  /** Every packet has its verdict. */
  | { readonly how: "complete" }
  /** Its time was over, or nobody waits for it any more. */
  | { readonly how: "cut" }
  /** This machine cannot probe. */
  | { readonly how: "impossible"; readonly message: string };

/** One-shot streams on the exporter's engine. What the engine tells of its streams is passed on to here. */
export interface Runs {
  /** @param signal ends it */
  start(spec: StreamSpec, signal: AbortSignal): { readonly slot: number; readonly end: Promise<RunEnd> };
  done(slot: number): void;
  denied(): void;
  workerDied(): void;
}

const workerDied = "the probe engine's worker died and is started again: ask once more";

export function createRuns(engine: ProbeEngine): Runs {
  const running = new Map<number, (end: RunEnd) => void>();

  function endWhereDenied(slot: number): void {
    const message = engine.denied(slot);
    if (message !== undefined) running.get(slot)?.({ how: "impossible", message });
  }

  return {
    start(spec, signal) {
      const slot = engine.add(spec);
      const end = new Promise<RunEnd>((resolve) => {
        const cut = () => finish({ how: "cut" });
        const finish = (how: RunEnd) => {
          running.delete(slot);
          signal.removeEventListener("abort", cut);
          resolve(how);
        };
        running.set(slot, finish);
        signal.addEventListener("abort", cut);
        if (signal.aborted) cut();
      });
      endWhereDenied(slot);
      return { slot, end };
    },
    done: (slot) => running.get(slot)?.({ how: "complete" }),
    denied() {
      for (const slot of [...running.keys()]) endWhereDenied(slot);
    },
    workerDied() {
      for (const finish of [...running.values()]) finish({ how: "impossible", message: workerDied });
    },
  };
}
