import type { Host } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { ifThere, listNodes, readNumber } from "../files.ts";
import { memoryMetrics as m } from "./metrics.ts";
import { hugePageBytes, parseMeminfo, parsePageBytes, parseVmstat } from "./parse.ts";

const KSM = "/sys/kernel/mm/ksm";
const HUGE_PAGES = "/sys/kernel/mm/hugepages";
/** /sys/kernel/mm/ksm/run: 0 stopped, 1 merges, 2 takes merged pages apart and stops. */
const KSM_MERGES = 1;

type Counters = ReadonlyMap<string, number>;

async function readPageBytes(host: Host): Promise<number> {
  return parsePageBytes(await host.readText("/proc/self/statm"), await host.readText("/proc/self/status"));
}

/** @param pageBytes undefined where it is not known, and with it what the kernel counts in pages */
function machineSamples(meminfo: Counters, vmstat: Counters, pageBytes: number | undefined): Sample[] {
  const bytes = (name: string): number | undefined => {
    const pages = vmstat.get(name);
    return pages === undefined || pageBytes === undefined ? undefined : pages * pageBytes;
  };
  const values = [
    [m.available, {}, meminfo.get("MemAvailable")],
    [m.total, {}, meminfo.get("MemTotal")],
    [m.swapIn, {}, bytes("pswpin")],
    [m.swapOut, {}, bytes("pswpout")],
    [m.ksmCopies, { cause: "write" }, vmstat.get("cow_ksm")],
    [m.ksmCopies, { cause: "swap_in" }, vmstat.get("ksm_swpin_copy")],
    [m.balloonBytes, { direction: "inflate" }, bytes("balloon_inflate")],
    [m.balloonBytes, { direction: "deflate" }, bytes("balloon_deflate")],
  ] as const;
  return values.flatMap(([metric, labels, value]) => (value === undefined ? [] : [{ metric, labels, value }]));
}

async function ksmSamples(host: Host): Promise<Sample[]> {
  const run = await readNumber(host, `${KSM}/run`);
  const pages = ["shared", "sharing", "unshared", "volatile"].map(async (state) =>
    sample(m.ksmPages, { state }, await readNumber(host, `${KSM}/pages_${state}`)),
  );
  return [sample(m.ksmRunning, {}, Number(run === KSM_MERGES)), ...(await Promise.all(pages))];
}

/** The kernel's names of the states of huge pages. */
const hugePageFiles = {
  total: "nr_hugepages",
  free: "free_hugepages",
  reserved: "resv_hugepages",
  surplus: "surplus_hugepages",
} as const;

async function hugePageSamples(host: Host): Promise<Sample[]> {
  const samples = (await host.list(HUGE_PAGES)).map(async (directory) => {
    const size = String(hugePageBytes(directory));
    const states = Object.entries(hugePageFiles).map(async ([state, file]) =>
      sample(m.hugePages, { size, state }, await readNumber(host, `${HUGE_PAGES}/${directory}/${file}`)),
    );
    return Promise.all(states);
  });
  return (await Promise.all(samples)).flat();
}

/** One node is the machine, which has its own series. */
async function nodeSamples(host: Host): Promise<Sample[]> {
  const samples = [...(await listNodes(host))].map(async ([node, folder]) => {
    const file = `${folder}/meminfo`;
    const meminfo = parseMeminfo(file, await host.readText(file));
    const [total, free] = [meminfo.get("MemTotal"), meminfo.get("MemFree")];
    return [
      ...(total === undefined ? [] : [sample(m.nodeTotal, { node }, total)]),
      ...(free === undefined ? [] : [sample(m.nodeFree, { node }, free)]),
    ];
  });
  return (await Promise.all(samples)).flat();
}

export const memory = defineCollector({
  name: "memory",
  metrics: m,
  async collect(host) {
    const [meminfo, vmstat, pageBytes, ...parts] = await Promise.all([
      host.readText("/proc/meminfo"),
      host.readText("/proc/vmstat"),
      ifThere(readPageBytes(host)),
      ifThere(ksmSamples(host)),
      ifThere(hugePageSamples(host)),
      ifThere(nodeSamples(host)),
    ]);
    const machine = machineSamples(parseMeminfo("/proc/meminfo", meminfo), parseVmstat(vmstat), pageBytes);
    return [...machine, ...parts.flatMap((samples) => samples ?? [])];
  },
});
