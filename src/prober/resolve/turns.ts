/** Runs work once it is its turn; what nobody wants any more when its turn comes is not begun. */
export type TakeTurn = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** At most so many at once; the others wait in the order of their coming. */
export function createTurns(atOnce: number): TakeTurn {
  const waiting: (() => void)[] = [];
  let running = 0;

  function next(): void {
    while (running < atOnce) {
      const begin = waiting.shift();
      if (!begin) return;
      begin();
    }
  }

  return (work, signal) =>
    new Promise((resolve, reject) => {
      waiting.push(() => {
        if (signal.aborted) {
          reject(Object.assign(new Error("not wanted any more"), { code: "ECANCELLED" }));
          return;
        }
        running++;
        work()
          .then(resolve, reject)
          .finally(() => {
            running--;
            next();
          });
      });
      next();
    });
}
