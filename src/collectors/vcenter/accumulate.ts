import type { Adding } from "./counters.ts";

/** When samples were taken, by the server's clock, and over which time each. */
export interface SampleTimes {
  readonly atMs: readonly number[];
  readonly intervalSeconds: readonly number[];
}

/** Values of one counter, in the order of the times; -1 and what is no number are unknown. */
export interface SampleSeries {
  /** Names the total that it belongs to. */
  readonly key: string;
  readonly adding: Adding;
  /** Separated by commas. */
  readonly values: string;
}

/** What was counted of one machine or host, and up to where. */
export interface Counted {
  /** Up to here nothing is missing that could still come; undefined before the first sample. */
  untilMs: number | undefined;
  /** Counted although samples before them are missing, oldest first. */
  ahead: readonly number[];
  readonly totals: Map<string, number>;
  newestMs: number;
}

export function createCounted(): Counted {
  return { untilMs: undefined, ahead: [], totals: new Map(), newestMs: Number.NEGATIVE_INFINITY };
}

/** A sample that has not come so long after a newer one never will: hosts hand theirs over within a minute. */
const GIVE_UP_MS = 120_000;
/** Samples of one host are an interval apart; more than this, and one is missing. */
const GAP = 1.5;

/** @param text sampleInfoCSV: 20,2026-11-23T10:00:20Z,20,… @returns undefined for anything else */
export function parseSampleTimes(text: string): SampleTimes | undefined {
  const parts = text === "" ? [] : text.split(",");
  const intervalSeconds: number[] = [];
  const atMs: number[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    intervalSeconds.push(Number(parts[i]));
    atMs.push(Date.parse(parts[i + 1]?.trim() ?? ""));
  }
  const usable = parts.length % 2 === 0 && atMs.every(Number.isFinite) && intervalSeconds.every((each) => each > 0);
  return usable ? { atMs, intervalSeconds } : undefined;
}

function valueAt(values: readonly string[], at: number): number | undefined {
  const text = values[at]?.trim() ?? "";
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** A series with its values apart. */
interface Split {
  readonly key: string;
  readonly adding: Adding;
  readonly values: readonly string[];
}

/** Indexes of samples that were not counted yet, oldest first, each moment once. One without any value has yet to come. */
function freshIndexes(
  { atMs }: SampleTimes,
  { untilMs = Number.NEGATIVE_INFINITY, ahead }: Counted,
  series: readonly Split[],
): number[] {
  const seen = new Set(ahead);
  const fresh = atMs.flatMap((at, i) => {
    if (at <= untilMs || seen.has(at)) return [];
    if (!series.some(({ values }) => valueAt(values, i) !== undefined)) return [];
    seen.add(at);
    return [i];
  });
  return fresh.sort((a, b) => (atMs[a] ?? 0) - (atMs[b] ?? 0));
}

/** Moves `untilMs` over what is whole, and over holes that are too old. @returns samples that were given up */
function advance(counted: Counted, fresh: readonly number[], intervalMs: number): number {
  const ahead = [...counted.ahead, ...fresh].sort((a, b) => a - b);
  const newest = ahead.at(-1);
  if (newest === undefined) return 0;
  let missing = 0;
  let taken = 0;
  let until = counted.untilMs ?? ahead[0] ?? newest;
  for (const at of ahead) {
    const whole = at - until <= GAP * intervalMs;
    if (!whole && newest - until <= GIVE_UP_MS) break;
    if (!whole) missing += Math.max(Math.round((at - until) / intervalMs) - 1, 1);
    until = at;
    taken += 1;
  }
  counted.untilMs = until;
  counted.ahead = ahead.slice(taken);
  return missing;
}

/** Adds every sample that was not counted yet, whatever their order. */
export function accumulate(
  counted: Counted,
  times: SampleTimes,
  series: readonly SampleSeries[],
): { readonly counted: number; readonly missing: number } {
  const split = series.map(({ key, adding, values }): Split => ({ key, adding, values: values.split(",") }));
  const fresh = freshIndexes(times, counted, split);
  if (fresh.length === 0) return { counted: 0, missing: 0 };
  for (const { key, adding, values } of split) {
    for (const i of fresh) {
      const value = valueAt(values, i);
      if (value === undefined) continue;
      if (adding !== "newest") {
        const factor = adding === "rate" ? (times.intervalSeconds[i] ?? 0) : 1;
        counted.totals.set(key, (counted.totals.get(key) ?? 0) + value * factor);
      } else if ((times.atMs[i] ?? 0) > counted.newestMs) counted.totals.set(key, value);
    }
  }
  const newest = fresh.at(-1) ?? 0;
  counted.newestMs = Math.max(counted.newestMs, times.atMs[newest] ?? 0);
  const missing = advance(
    counted,
    fresh.map((i) => times.atMs[i] ?? 0),
    1000 * (times.intervalSeconds[newest] ?? 0),
  );
  return { counted: fresh.length, missing };
}
