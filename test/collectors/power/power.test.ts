import { power } from "../../../src/collectors/power/index.ts";
import { countCpus } from "../../../src/collectors/power/parse.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { seriesOf } from "../../support/series.ts";

async function collect(host: Host) {
  return seriesOf((await collectOnce(power, host, {})).samples);
}

const policy = (governor: string) => `virtloss_cpu_frequency_policy_cpus{driver="intel_pstate",governor="${governor}"}`;
const latency = (state: string) => `virtloss_cpu_idle_state_exit_latency_seconds{state="${state}"}`;

test("CPUs are counted by policy; of a state the slowest CPU counts, and one that no CPU may enter has no series", async () => {
  expect(await collect(createFixtureHost("written-bare-metal"))).toEqual({
    [policy("performance")]: 4,
    [policy("powersave")]: 1,
    [latency("POLL")]: 0,
    [latency("C1")]: 0.000002,
    [latency("C1E")]: 0.00002,
    [latency("C6")]: 0.000133,
  });
});

test("a guest that sees neither frequencies nor idle states is absent", async () => {
  await expect(collect(createFixtureHost("linux-6.1-qemu"))).rejects.toThrow(SourceAbsentError);
});

test("a CPU that goes offline while it is read is left out", async () => {
  const host = createFixtureHost("written-bare-metal");
  const readText = async (path: string) => {
    if (path.includes("cpu2/") || path.includes("policy2/")) throw new SourceAbsentError(path);
    return host.readText(path);
  };

  expect(await collect({ ...host, readText })).toMatchObject({ [policy("performance")]: 3, [latency("C6")]: 0.000133 });
});

test("a latency that is no number is told with its file", async () => {
  const host = createFixtureHost("written-bare-metal");
  const readText = async (path: string) => (path.endsWith("/latency") ? "soon\n" : host.readText(path));

  await expect(collect({ ...host, readText })).rejects.toThrow(
    '/sys/devices/system/cpu/cpu0/cpuidle/state0/latency: expected a number, got "soon"',
  );
});

test("CPUs are listed with blanks, and none are listed while all are offline", () => {
  expect(countCpus("0 1 2 3\n")).toBe(4);
  expect(countCpus("\n")).toBe(0);
});

test("on this machine each idle state that CPU 0 may enter is told", async () => {
  const host = createLinuxHost();
  const directory = "/sys/devices/system/cpu/cpu0/cpuidle";
  const names = await host.list(directory).catch((): string[] => []);
  const states = names.filter((name) => name.startsWith("state"));
  if (states.length === 0) return;
  const series = await collect(host);

  for (const state of states) {
    if ((await host.readText(`${directory}/${state}/disable`)).trim() !== "0") continue;
    const name = (await host.readText(`${directory}/${state}/name`)).trim();
    const micros = Number(await host.readText(`${directory}/${state}/latency`));
    expect(series[latency(name)]).toBeGreaterThanOrEqual(micros / 1e6);
  }
});
