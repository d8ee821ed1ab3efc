import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { ifThere, readNumber } from "../files.ts";
import { powerMetrics as m } from "./metrics.ts";
import { countCpus } from "./parse.ts";

const CPUS = "/sys/devices/system/cpu";
const MICROS_PER_SECOND = 1_000_000;

/** Names in a directory that this machine may lack. */
async function listMatching(host: Host, directory: string, pattern: RegExp): Promise<readonly string[]> {
  return ((await ifThere(host.list(directory))) ?? []).filter((name) => pattern.test(name));
}

interface FrequencyPolicy {
  readonly driver: string;
  readonly governor: string;
  readonly cpus: number;
}

async function readPolicy(host: Host, directory: string): Promise<FrequencyPolicy> {
  const [driver, governor, affected] = await Promise.all([
    host.readText(`${directory}/scaling_driver`),
    host.readText(`${directory}/scaling_governor`),
    host.readText(`${directory}/affected_cpus`),
  ]);
  return { driver: driver.trim(), governor: governor.trim(), cpus: countCpus(affected) };
}

async function frequencySamples(host: Host): Promise<Sample[]> {
  const samples = new Map<string, Sample>();
  for (const name of await listMatching(host, `${CPUS}/cpufreq`, /^policy\d+$/)) {
    const policy = await ifThere(readPolicy(host, `${CPUS}/cpufreq/${name}`));
    if (!policy) continue;
    const { driver, governor, cpus } = policy;
    const key = `${driver} ${governor}`;
    samples.set(key, sample(m.frequencyPolicy, { driver, governor }, cpus + (samples.get(key)?.value ?? 0)));
  }
  return [...samples.values()];
}

interface IdleState {
  readonly name: string;
  readonly latencyMicros: number;
  readonly allowed: boolean;
}

async function readIdleState(host: Host, directory: string): Promise<IdleState> {
  const [name, latencyMicros, disable] = await Promise.all([
    host.readText(`${directory}/name`),
    readNumber(host, `${directory}/latency`),
    readNumber(host, `${directory}/disable`),
  ]);
  return { name: name.trim(), latencyMicros, allowed: disable === 0 };
}

/** States are switched off CPU by CPU, and hybrid processors have cores with other latencies: the slowest one counts. */
async function idleSamples(host: Host): Promise<Sample[]> {
  const slowest = new Map<string, number>();
  for (const cpu of await listMatching(host, CPUS, /^cpu\d+$/)) {
    const directory = `${CPUS}/${cpu}/cpuidle`;
    const names = await listMatching(host, directory, /^state\d+$/);
    const states = await Promise.all(names.map((name) => ifThere(readIdleState(host, `${directory}/${name}`))));
    for (const state of states) {
      if (state?.allowed) slowest.set(state.name, Math.max(state.latencyMicros, slowest.get(state.name) ?? 0));
    }
  }
  return [...slowest].map(([state, micros]) => sample(m.idleStateLatency, { state }, micros / MICROS_PER_SECOND));
}

export const power = defineCollector({
  name: "power",
  metrics: m,
  // Three files for each state of each CPU, which change when an administrator changes them.
  polling: () => ({ seconds: 60 }),
  async collect(host) {
    const samples = [...(await frequencySamples(host)), ...(await idleSamples(host))];
    if (samples.length > 0) return samples;
    throw new SourceAbsentError("the kernel shows neither frequencies nor idle states: the hypervisor's affair");
  },
});
