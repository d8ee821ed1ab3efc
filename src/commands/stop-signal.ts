import { EXIT } from "./usage.ts";

/** The first of SIGTERM and SIGINT; a second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT.cannotRun));
        resolve();
      });
    }
  });
}
