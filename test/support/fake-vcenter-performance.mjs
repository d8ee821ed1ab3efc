import { createCounters } from "./fake-vcenter-counters.mjs";
import { childrenOf, element, ref, textOf, vimFault } from "./fake-vcenter-xml.mjs";

/** vCenter keeps its 20-second samples for an hour. */
const KEPT_SAMPLES = 180;
const INTERVAL_SECONDS = 20;

export function isoTime(time) {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** The samples that hosts have sent, and the counters they belong to. */
export function createPerformance() {
  /** Entity id -> counter's full name -> instance -> milliseconds -> value. */
  const samples = new Map();

  return {
    counters: createCounters(0),
    generation: 0,
    /** Of the samples in an answer. */
    order: "oldest first",
    /** How often each sample is told in one answer. */
    copies: 1,
    /** Full names of counters that this vCenter lacks. */
    missing: new Set(),

    /** Every name gets another id. */
    renumber() {
      this.generation += 1;
      this.counters = createCounters(this.generation);
    },

    /** @param {number | string} value text is told as it is */
    add(entity, counter, instance, time, value) {
      const counters = samples.get(entity) ?? new Map();
      const instances = counters.get(counter) ?? new Map();
      const series = instances.get(instance) ?? new Map();
      series.set(Number(new Date(time)), value);
      samples.set(entity, counters.set(counter, instances.set(instance, series)));
    },

    /** One value after another, 20 seconds apart; undefined is a hole. */
    addSeries(entity, counter, instance, start, values) {
      values.forEach((value, i) => {
        if (value !== undefined)
          this.add(entity, counter, instance, Number(new Date(start)) + i * INTERVAL_SECONDS * 1000, value);
      });
    },

    forget(entity) {
      samples.delete(entity);
    },

    listed() {
      return this.counters.filter(({ full }) => !this.missing.has(full));
    },

    /** What one querySpec is answered; empty where nothing is known. */
    answer(spec) {
      const entity = childrenOf(spec, "entity")[0];
      const after = Date.parse(textOf(spec, "startTime") ?? "") || Number.NEGATIVE_INFINITY;
      const until = Date.parse(textOf(spec, "endTime") ?? "") || Number.POSITIVE_INFINITY;
      const most = Number(textOf(spec, "maxSample") ?? KEPT_SAMPLES);
      const known = samples.get(entity.text) ?? new Map();

      const chosen = childrenOf(spec, "metricId").flatMap((metric) => {
        const counterId = Number(textOf(metric, "counterId"));
        const counter = this.listed().find(({ key }) => key === counterId);
        if (!counter) {
          throw vimFault(
            "InvalidArgument",
            "A specified parameter was not correct: querySpec.metricId",
            element("invalidProperty", "querySpec.metricId"),
          );
        }
        const wanted = textOf(metric, "instance") ?? "";
        const instances = [...(known.get(counter.full) ?? new Map())];
        return instances
          .filter(([instance]) => wanted === "*" || wanted === instance)
          .map(([instance, series]) => ({ counterId, instance, series }));
      });

      const all = new Set(
        [...known.values()].flatMap((instances) => [...instances.values()].flatMap((one) => [...one.keys()])),
      );
      const times = [...all]
        .filter((time) => time > after && time <= until)
        .sort((a, b) => a - b)
        .slice(-Math.min(most, KEPT_SAMPLES));
      if (this.order === "newest first") times.reverse();
      const told = times.flatMap((time) => Array.from({ length: this.copies }, () => time));
      if (told.length === 0) return "";

      const value = chosen.map(({ counterId, instance, series }) => ({
        id: { counterId, instance },
        value: told.map((time) => series.get(time) ?? -1).join(","),
      }));
      const content =
        element("entity", ref(entity.attributes.type, entity.text)) +
        element("sampleInfoCSV", told.map((time) => `${INTERVAL_SECONDS},${isoTime(time)}`).join(",")) +
        value
          .map((series) => element("value", series).replace("<value>", '<value xsi:type="PerfMetricSeriesCSV">'))
          .join("");
      return `<returnval xsi:type="PerfEntityMetricCSV">${content}</returnval>`;
    },
  };
}
