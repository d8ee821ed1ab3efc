import { NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";

export function isUnavailable(error: unknown): boolean {
  return error instanceof NotPermittedError || error instanceof SourceAbsentError;
}

/** What only some machines have, or show to us; undefined on the others. */
export async function ifAvailable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}
