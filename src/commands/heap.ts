import { dropCleanPages } from "../kernel/ffi/clean-pages.ts";
import { becomeProgram, returnFreeMemory } from "../kernel/ffi/process.ts";

/**
 * A scrape makes much text that lives for a moment. V8's defaults let its heap grow to three times what is in use before
 * they collect; these keep it near that, for a few milliseconds of CPU a scrape. They only take effect at the start of a
 * process, as do glibc's settings.
 */
const HEAP_FLAGS = ["--max-semi-space-size=1", "--heap-growing-percent=10"];
/** Node.js 24 takes 15 MB more than 20: this saves 2 to 5 of them for some 5 ms of CPU a scrape of 1,000 paths. */
const LARGE_HEAP_FLAGS = /^v24\./.test(process.version) ? ["--optimize-for-size"] : [];
/**
 * Each thread would fill an arena of its own. And glibc, once it has freed a large block, keeps up to twice its size for the
 * next one: a threshold that is given stays.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "32768" };
/** A Node.js whose V8 does not know a flag refuses to start: only those that the tests run on get them. */
const KNOWN = /^v(20|22|24)\./;
/** By then all that is only needed to start is done with: on a fast machine, usually, and on a slow one. */
const STARTED_MS = [1_000, 3_000, 10_000];

/** Starts this process anew with a small heap; returns where it has one, or where that cannot be done. */
export function keepHeapSmall(): void {
  const small =
    process.execArgv.some((flag) => flag.startsWith("--max-semi-space-size")) || !KNOWN.test(process.version);
  const args = [...process.execArgv, ...HEAP_FLAGS, ...LARGE_HEAP_FLAGS, ...process.argv.slice(1)];
  if (!small) becomeProgram(process.execPath, args, { ...ENVIRONMENT, ...process.env });
  for (const ms of STARTED_MS) setTimeout(dropStart, ms).unref();
}

function dropStart(): void {
  returnFreeMemory();
  dropCleanPages();
}
