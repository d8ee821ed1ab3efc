import { ParseError } from "../../kernel/host.ts";

/** One CPU's backlog. Counters are 32 bits wide and wrap; a column that this kernel does not print is undefined. */
export interface SoftnetRow {
  readonly cpu: string;
  readonly processed: number;
  readonly dropped: number;
  readonly squeezed: number;
  readonly receivedRps: number | undefined;
  readonly flowLimit: number | undefined;
  readonly backlog: number | undefined;
  readonly inputQueue: number | undefined;
  readonly processQueue: number | undefined;
}

// One row per *online* CPU, in hexadecimal, without a header. Kernels only ever append columns, so the width tells which
// ones exist: 9 before 2.6.36, then received_rps, flow_limit (3.11), backlog_len and the CPU (5.10), the two queues (6.4).
// Without the CPU column the row is all we have, and it is wrong as soon as a CPU is offline.
const PROCESSED = 0;
const DROPPED = 1;
const SQUEEZED = 2;
const RECEIVED_RPS = 9;
const FLOW_LIMIT = 10;
const BACKLOG = 11;
const CPU = 12;
const INPUT_QUEUE = 13;
const PROCESS_QUEUE = 14;
const MIN_COLUMNS = 9;

/** /proc/net/softnet_stat. @throws ParseError naming the row */
export function parseSoftnetStat(text: string): SoftnetRow[] {
  const lines = text.trimEnd().split("\n");
  return lines.map((line, row) => {
    const words = line.trim().split(/\s+/);
    const columns = words.map((word) => Number.parseInt(word, 16));
    const [processed, dropped, squeezed] = [columns[PROCESSED], columns[DROPPED], columns[SQUEEZED]];
    if (
      words.length < MIN_COLUMNS ||
      !words.every((word) => /^[0-9a-f]{1,8}$/.test(word)) ||
      processed === undefined ||
      dropped === undefined ||
      squeezed === undefined
    ) {
      throw new ParseError(`softnet_stat row ${row}: expected at least ${MIN_COLUMNS} hex columns, got "${line}"`);
    }
    return {
      cpu: String(columns[CPU] ?? row),
      processed,
      dropped,
      squeezed,
      receivedRps: columns[RECEIVED_RPS],
      flowLimit: columns[FLOW_LIMIT],
      backlog: columns[BACKLOG],
      inputQueue: columns[INPUT_QUEUE],
      processQueue: columns[PROCESS_QUEUE],
    };
  });
}
