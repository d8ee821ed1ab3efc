import { ServerError } from "../../kernel/host.ts";
import type { Note } from "../collector.ts";

/** Does this failure leave other questions worth asking? */
export function isOfOneQuestion(error: unknown, signal: AbortSignal): error is ServerError {
  return error instanceof ServerError && !signal.aborted && !["credentials", "certificate"].includes(error.reason);
}

/**
 * What `work` returns, or `otherwise` where the server refused it, which is noted.
 * @throws where the other parts of a reading are not worth asking for
 */
export type Attempt = <T>(work: () => Promise<T>, otherwise: T) => Promise<T>;

/** So many parts of a reading may find no answer before the manager counts as unreachable. */
const MAX_SILENCES = 2;

/** For the parts of one reading. */
export function createAttempts(signal: AbortSignal, note: Note): Attempt {
  let silences = 0;

  return async (work, otherwise) => {
    try {
      const result = await work();
      silences = 0;
      return result;
    } catch (error) {
      if (!isOfOneQuestion(error, signal)) throw error;
      silences = error.reason === "unreachable" ? silences + 1 : 0;
      if (silences === MAX_SILENCES) throw error;
      note(error.message);
      return otherwise;
    }
  };
}
