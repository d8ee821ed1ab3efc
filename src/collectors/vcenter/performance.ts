import { childrenOf } from "../xml-tree.ts";
import { accumulate, type Counted, createCounted, parseSampleTimes, type SampleSeries } from "./accumulate.ts";
import { askInBatches } from "./batches.ts";
import type { VimClient } from "./client.ts";
import type { Counter, CounterName } from "./counters.ts";
import { group, type ObjectRef, ref, tag } from "./soap.ts";
import { textAt, type XmlElement } from "./xml.ts";

/** Of real-time samples, which a host keeps for an hour. */
const INTERVAL_SECONDS = 20;
const result = new Set(["returnval"]);

/** Names of counters that a server does not have. */
export function absentCounters(
  counters: readonly Counter[],
  counterIds: ReadonlyMap<string, number>,
): readonly string[] {
  return counters.flatMap(({ name }) => (counterIds.has(name) ? [] : [name]));
}

/** A machine or host whose samples are wanted. */
export interface Entity {
  readonly ref: ObjectRef;
  readonly counters: readonly Counter[];
  readonly vcpus: number;
  /** Keys of virtual NICs, or names of physical ones. */
  readonly nics: readonly string[];
}

/** What was counted of one entity. */
export interface Totals {
  get(name: CounterName, instance?: string | number): number | undefined;
}

export interface Performance {
  /**
   * Fetches all samples since the last ones and counts each once.
   * @param note hears about questions that failed @throws ServerError where no answer came at all, VimFault where the session ended
   */
  update(
    client: VimClient,
    manager: ObjectRef,
    counterIds: ReadonlyMap<string, number>,
    entities: readonly Entity[],
    note: (problem: string) => void,
  ): Promise<void>;
  /** Undefined where no sample came for a while: what was counted before says nothing about now. */
  totals(id: string): Totals | undefined;
  readonly counted: number;
  readonly missing: number;
  readonly failedQueries: number;
  /** Unix time of the newest sample, by the server's clock; undefined before the first. */
  newestSeconds(): number | undefined;
}

function keyOf(name: string, instance: string | number = ""): string {
  return `${name} ${instance}`;
}

function instancesOf({ of }: Counter, { vcpus, nics }: Entity): readonly (string | number)[] {
  if (of === "vcpu") return Array.from({ length: vcpus }, (_, i) => i);
  return of === "nic" ? nics : [""];
}

/** @param forgottenMs after so long without a sample totals are not shown any more */
export function createPerformance(forgottenMs: number, monotonicMs: () => number): Performance {
  const counted = new Map<string, Counted>();
  const seenMs = new Map<string, number>();
  const figures = { counted: 0, missing: 0, failedQueries: 0, newestMs: Number.NEGATIVE_INFINITY };

  function metricIds(entity: Entity, counterIds: ReadonlyMap<string, number>): string {
    return entity.counters
      .flatMap((counter) => {
        const id = counterIds.get(counter.name);
        if (id === undefined) return [];
        return instancesOf(counter, entity).map((instance) =>
          group("metricId", tag("counterId", id), tag("instance", instance)),
        );
      })
      .join("");
  }

  /** The first question is for the newest sample only: what was before belongs to nobody's interval. */
  function querySpec(entity: Entity, ids: string): string {
    const since = counted.get(entity.ref.id)?.untilMs;
    const from = since === undefined ? tag("maxSample", 1) : tag("startTime", new Date(since).toISOString());
    return group(
      "querySpec",
      ref("entity", entity.ref),
      from,
      ids,
      tag("intervalId", INTERVAL_SECONDS),
      tag("format", "csv"),
    );
  }

  function count(answer: XmlElement, counters: ReadonlyMap<string, Counter>, known: ReadonlySet<string>): void {
    const id = textAt(answer, "entity") ?? "";
    const times = parseSampleTimes(textAt(answer, "sampleInfoCSV") ?? "");
    if (!times || !known.has(id)) return;
    const series = childrenOf(answer, "value").flatMap((value): SampleSeries[] => {
      const counter = counters.get(textAt(value, "id", "counterId") ?? "");
      if (!counter) return [];
      const key = keyOf(counter.name, textAt(value, "id", "instance"));
      return [{ key, adding: counter.adding, values: textAt(value, "value") ?? "" }];
    });
    const state = counted.get(id) ?? createCounted();
    counted.set(id, state);
    const added = accumulate(state, times, series);
    figures.counted += added.counted;
    figures.missing += added.missing;
    if (added.counted === 0) return;
    seenMs.set(id, monotonicMs());
    figures.newestMs = Math.max(figures.newestMs, state.newestMs);
  }

  return {
    async update(client, manager, counterIds, entities, note) {
      const ids = new Set(entities.map((entity) => entity.ref.id));
      for (const id of counted.keys()) {
        if (ids.has(id)) continue;
        counted.delete(id);
        seenMs.delete(id);
      }
      const kinds = new Set(entities.map((entity) => entity.counters));
      const counters = new Map(
        [...kinds].flat().map((counter) => [String(counterIds.get(counter.name)), counter] as const),
      );
      /** Shapes repeat: thousands of machines have the same number of vCPUs and the same keys. */
      const shapes = new Map<string, string>();
      const shapeOf = (entity: Entity) => {
        const shape = `${entity.ref.kind} ${entity.vcpus} ${entity.nics.join(" ")}`;
        const known = shapes.get(shape) ?? metricIds(entity, counterIds);
        shapes.set(shape, known);
        return known;
      };
      await askInBatches(
        entities.filter((entity) => shapeOf(entity) !== ""),
        (batch) => {
          const specs = batch.map((entity) => querySpec(entity, shapeOf(entity)));
          return client.call("QueryPerf", manager, specs, result, (answer) => count(answer, counters, ids));
        },
        note,
        () => {
          figures.failedQueries += 1;
        },
      );
    },
    totals(id) {
      const state = counted.get(id);
      const seen = seenMs.get(id);
      if (!state || seen === undefined || monotonicMs() - seen > forgottenMs) return undefined;
      return { get: (name, instance) => state.totals.get(keyOf(name, instance)) };
    },
    get counted() {
      return figures.counted;
    },
    get missing() {
      return figures.missing;
    },
    get failedQueries() {
      return figures.failedQueries;
    },
    newestSeconds: () => (Number.isFinite(figures.newestMs) ? figures.newestMs / 1000 : undefined),
  };
}
