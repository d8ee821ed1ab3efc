import type { Log } from "../log.ts";
import type { Reading } from "./reading.ts";

/** Whose reading it is. */
export interface ReadSource {
  readonly collector: string;
  /** Of a source on another machine. */
  readonly server?: string | undefined;
}

/** What was said last of a source. */
interface Said {
  readonly state: Reading["state"];
  readonly failure: Reading["failure"];
  readonly detail: string;
}

/** Counts and times differ from one reading to the next without being news. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+(\.\d+)?/g, "");
}

/**
 * Tells in the log when a source stops being readable, for another reason than before, or is well again; and what a server
 * leaves out although it answers. The same twice in a row is told once.
 */
export function createReadingLog(log: Pick<Log, "info" | "warn">): (source: ReadSource, reading: Reading) => void {
  const last = new Map<string, Said>();

  return (source, { state, failure, detail }) => {
    const { collector, server } = source;
    const who = server === undefined ? { collector } : { collector, server };
    const key = `${collector} ${server ?? ""}`;
    const before = last.get(key);
    last.set(key, { state, failure, detail: withoutNumbers(detail) });
    if (state === "failed") {
      const news = before?.state !== "failed" || before.failure !== failure;
      if (news)
        log.warn(
          { ...who, ...(failure !== undefined && { reason: failure }), problem: detail },
          "a source cannot be read",
        );
      return;
    }
    if (before?.state === "failed") log.info(who, state === "ok" ? "a source is read again" : "a source is gone");
    const incomplete = server !== undefined && detail !== "" && before?.detail !== withoutNumbers(detail);
    if (incomplete) log.warn({ ...who, problem: detail }, "a source does not tell all");
  };
}
