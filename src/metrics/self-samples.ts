import { type ThresholdName, type Thresholds, thresholdKey } from "../analysis/thresholds.ts";
import { type Sample, sample } from "./define.ts";
import { selfMetrics as m, processMetrics as p } from "./self.ts";

export interface SelfState {
  readonly version: string;
  readonly node: string;
  readonly startedAtSeconds: number;
  readonly lastReloadOk: boolean;
  /** When the running configuration was loaded. */
  readonly configLoadedAtSeconds: number;
  readonly thresholds: Thresholds;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** What the exporter says of itself. */
export function selfSamples(state: SelfState): Sample[] {
  return [
    sample(m.buildInfo, { version: state.version, node: state.node }, 1),
    sample(m.reloadSuccessful, {}, state.lastReloadOk ? 1 : 0),
    sample(m.reloadTimestamp, {}, state.configLoadedAtSeconds),
    ...Object.entries(state.thresholds).map(([name, value]) =>
      sample(m.threshold, { name: thresholdKey(name as ThresholdName) }, value),
    ),
    sample(p.cpu, {}, state.cpuSeconds),
    sample(p.memory, {}, state.residentBytes),
    sample(p.start, {}, state.startedAtSeconds),
  ];
}
