import type { Host } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { ifThere, readNumber } from "../files.ts";
import { memoryMetrics as m } from "./metrics.ts";
import { hugePageBytes, pageBytes, parseMeminfo, parseVmstat } from "./parse.ts";

const KSM = "/sys/kernel/mm/ksm";
const HUGE_PAGES = "/sys/kernel/mm/hugepages";
const NODES = "/sys/devices/system/node";
/** /sys/kernel/mm/ksm/run: 0 stopped, 1 merges, 2 takes merged pages apart and stops. */
const KSM_MERGES = 1;

type Counters = ReadonlyMap<string, number>;

/** @returns bytes that the kernel counted in pages, undefined where it counts none or a page's size is unknown */
function bytesOf(vmstat: Counters, name: string, meminfo: Counters): number | undefined {
  const pages = vmstat.get(name);
  const [freeBytes = 0, freePages = 0] = [meminfo.get("MemFree"), vmstat.get("nr_free_pages")];
  return pages === undefined || freeBytes === 0 || freePages === 0
    ? undefined
    : pages * pageBytes(freeBytes, freePages);
}

function machineSamples(meminfo: Counters, vmstat: Counters): Sample[] {
  const values = [
    [m.available, {}, meminfo.get("MemAvailable")],
    [m.total, {}, meminfo.get("MemTotal")],
    [m.swapIn, {}, bytesOf(vmstat, "pswpin", meminfo)],
    [m.swapOut, {}, bytesOf(vmstat, "pswpout", meminfo)],
    [m.ksmCopies, { cause: "write" }, vmstat.get("cow_ksm")],
    [m.ksmCopies, { cause: "swap_in" }, vmstat.get("ksm_swpin_copy")],
    [m.balloonPages, { direction: "inflate" }, bytesOf(vmstat, "balloon_inflate", meminfo)],
    [m.balloonPages, { direction: "deflate" }, bytesOf(vmstat, "balloon_deflate", meminfo)],
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
  const nodes = (await host.list(NODES)).flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? []);
  if (nodes.length < 2) return [];
  const samples = nodes.map(async (node) => {
    const file = `${NODES}/node${node}/meminfo`;
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
    const [meminfo, vmstat, ...parts] = await Promise.all([
      host.readText("/proc/meminfo"),
      host.readText("/proc/vmstat"),
      ifThere(ksmSamples(host)),
      ifThere(hugePageSamples(host)),
      ifThere(nodeSamples(host)),
    ]);
    return [
      ...machineSamples(parseMeminfo("/proc/meminfo", meminfo), parseVmstat(vmstat)),
      ...parts.flatMap((samples) => samples ?? []),
    ];
  },
});
