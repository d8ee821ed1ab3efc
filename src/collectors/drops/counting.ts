import type { Host } from "../../kernel/host.ts";
import { ifAvailable, isUnavailable } from "./available.ts";
import { countByFilters } from "./by-filters.ts";
import { countByProgram } from "./by-program.ts";
import type { DropCounting } from "./drops.ts";
import type { DropsOptions } from "./options.ts";
import { type DropEvent, parseDropEvent } from "./parse.ts";

const formats = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].map(
  (tracefs) => `${tracefs}/events/skb/kfree_skb/format`,
);

/**
 * Counts from now on: by a program in the kernel, or where that is not possible by filters of perf.
 * @throws SourceAbsentError, NotPermittedError: what the program would need
 */
export async function startCounting(host: Host, options: DropsOptions): Promise<DropCounting> {
  const event = await readEvent(host);
  try {
    return await countByProgram(host, event, options);
  } catch (error) {
    if (!isUnavailable(error) || event === undefined || event.names.size === 0) throw error;
    const counting = await ifAvailable(async () => countByFilters(host, event));
    if (counting === undefined) throw error;
    return counting;
  }
}

/** Undefined where tracefs is not mounted, or not ours to read. */
async function readEvent(host: Host): Promise<DropEvent | undefined> {
  for (const path of formats) {
    const text = await ifAvailable(() => host.readText(path));
    if (text !== undefined) return parseDropEvent(text, path);
  }
  return undefined;
}
