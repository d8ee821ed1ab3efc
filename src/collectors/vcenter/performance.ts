import { ServerError } from "../../kernel/host.ts";
import { childOf, childrenOf } from "../xml-tree.ts";
import { accumulate, type Counted, createCounted, parseSampleTimes, type SampleSeries } from "./accumulate.ts";
import { isFault, type VimClient, VimFault } from "./client.ts";
import type { Counter, CounterName } from "./counters.ts";
import { group, type ObjectRef, ref, tag } from "./soap.ts";
import { textAt, type XmlElement } from "./xml.ts";

/** Of real-time samples, which a host keeps for an hour. */
const INTERVAL_SECONDS = 20;
const ENTITIES_AT_ONCE = 100;
const QUERIES_AT_ONCE = 2;
/** A server that did not answer so often in a row is left alone until the next reading. */
const MAX_SILENCES = 2;
/** Of one reading: more is no single object's fault. */
const MAX_FAULTS = 20;
/** That are told of one reading. */
const MAX_PROBLEMS = 3;
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
      const asked = entities.filter((entity) => shapeOf(entity) !== "");
      const batches = batchesOf(asked);
      let answers = 0;
      let silences = 0;
      let faults = 0;
      let silence: ServerError | undefined;
      /** Objects whose samples failed, by what the server said. */
      const failed = new Map<string, number>();
      const fail = (objects: number, problem: string) => {
        figures.failedQueries += 1;
        failed.set(problem, (failed.get(problem) ?? 0) + objects);
      };

      async function query(batch: readonly Entity[]): Promise<void> {
        const specs = batch.map((entity) => querySpec(entity, shapeOf(entity)));
        await client.call("QueryPerf", manager, specs, result, (answer) => count(answer, counters, ids));
        answers += 1;
      }

      /** One machine that vanished meanwhile can fail the question for all. */
      async function queryOrSplit(batch: readonly Entity[]): Promise<void> {
        if (batch.length === 0) return;
        try {
          await query(batch);
          silences = 0;
        } catch (error) {
          if (isFault(error, "NotAuthenticated")) {
            // Of both workers: the session is the same.
            batches.length = 0;
            throw error;
          }
          if (error instanceof ServerError) {
            silences += 1;
            silence = error;
            fail(batch.length, error.message);
            return;
          }
          if (!(error instanceof VimFault)) throw error;
          answers += 1;
          faults += 1;
          const vanished = isFault(error, "ManagedObjectNotFound") ? textAt(childOf(error.detail, "obj")) : undefined;
          const others = batch.filter((entity) => entity.ref.id !== vanished);
          if (others.length < batch.length) return queryOrSplit(others);
          if (batch.length === 1 || faults > MAX_FAULTS || isFault(error, "NoPermission")) {
            fail(batch.length, error.message);
            return;
          }
          figures.failedQueries += 1;
          const half = Math.ceil(batch.length / 2);
          await queryOrSplit(batch.slice(0, half));
          await queryOrSplit(batch.slice(half));
        }
      }

      async function work(): Promise<void> {
        for (let batch = batches.shift(); batch && silences < MAX_SILENCES; batch = batches.shift()) {
          await queryOrSplit(batch);
        }
      }
      await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, work));
      if (silence && answers === 0) throw silence;
      for (const [problem, objects] of [...failed].slice(0, MAX_PROBLEMS))
        note(`no samples of ${objects} objects: ${problem}`);
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

function batchesOf(entities: readonly Entity[]): (readonly Entity[])[] {
  const count = Math.ceil(entities.length / ENTITIES_AT_ONCE);
  return Array.from({ length: count }, (_, i) => entities.slice(i * ENTITIES_AT_ONCE, (i + 1) * ENTITIES_AT_ONCE));
}
