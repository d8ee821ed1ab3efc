import { ServerError } from "../../kernel/host.ts";
import { childOf } from "../xml-tree.ts";
import { isFault, VimFault } from "./client.ts";
import type { ObjectRef } from "./soap.ts";
import { textAt } from "./xml.ts";

const OBJECTS_AT_ONCE = 100;
const QUESTIONS_AT_ONCE = 2;
/** A server that did not answer so often in a row is left alone until the next reading. */
const MAX_SILENCES = 2;
/** Of one reading: more is no single object's fault. */
const MAX_FAULTS = 20;
/** That are told of one reading. */
const MAX_PROBLEMS = 3;

function batchesOf<T>(all: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(all.length / OBJECTS_AT_ONCE);
  return Array.from({ length: count }, (_, i) => all.slice(i * OBJECTS_AT_ONCE, (i + 1) * OBJECTS_AT_ONCE));
}

/**
 * Asks about many objects in batches, two at once. One object that vanished meanwhile can fail the question for all of its
 * batch: the others are asked again without it, or in halves where the server does not name it.
 * @param note hears about objects without an answer, in words @param onFailure hears of each question that failed
 * @throws ServerError where no answer came at all, VimFault where the session ended
 */
export async function askInBatches<T extends { readonly ref: ObjectRef }>(
  objects: readonly T[],
  ask: (batch: readonly T[]) => Promise<void>,
  note: (problem: string) => void,
  onFailure: () => void,
): Promise<void> {
  const batches = batchesOf(objects);
  /** Objects without an answer, by what the server said. */
  const failed = new Map<string, number>();
  let answers = 0;
  let silences = 0;
  let faults = 0;
  let silence: ServerError | undefined;

  function fail(count: number, problem: string): void {
    onFailure();
    failed.set(problem, (failed.get(problem) ?? 0) + count);
  }

  async function askOrSplit(batch: readonly T[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await ask(batch);
      answers += 1;
      silences = 0;
    } catch (error) {
      if (error instanceof ServerError) {
        silences += 1;
        silence = error;
        fail(batch.length, error.message);
        return;
      }
      if (!(error instanceof VimFault) || isFault(error, "NotAuthenticated")) {
        // Of both workers: the session is the same.
        batches.length = 0;
        throw error;
      }
      await askOthers(batch, error);
    }
  }

  async function askOthers(batch: readonly T[], fault: VimFault): Promise<void> {
    answers += 1;
    faults += 1;
    const vanished = isFault(fault, "ManagedObjectNotFound") ? textAt(childOf(fault.detail, "obj")) : undefined;
    const others = batch.filter(({ ref }) => ref.id !== vanished);
    if (others.length < batch.length) return askOrSplit(others);
    if (batch.length === 1 || faults > MAX_FAULTS || isFault(fault, "NoPermission")) {
      fail(batch.length, fault.message);
      return;
    }
    onFailure();
    const half = Math.ceil(batch.length / 2);
    await askOrSplit(batch.slice(0, half));
    await askOrSplit(batch.slice(half));
  }

  async function work(): Promise<void> {
    for (let batch = batches.shift(); batch && silences < MAX_SILENCES; batch = batches.shift()) {
      await askOrSplit(batch);
    }
  }

  await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, work));
  if (silence && answers === 0) throw silence;
  for (const [problem, count] of [...failed].slice(0, MAX_PROBLEMS)) note(`no samples of ${count} objects: ${problem}`);
}
