/** Rejects with ETIMEOUT at the deadline or the signal; the work's own late answer is nobody's. */
export function inTime<T>(work: Promise<T>, deadlineMs: number, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(Object.assign(new Error("no answer in time"), { code: "ETIMEOUT" }));
    const timer = setTimeout(stop, deadlineMs);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    });
  });
}
