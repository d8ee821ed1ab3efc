import { readFileSync } from "node:fs";
import { parseBtf } from "./btf.ts";
import { openEventCounters } from "./counters.ts";
import { parseCpuList } from "./cpus.ts";
import { openBpfPrograms } from "./programs.ts";
import type { Tracing } from "./tracing.ts";

const CPUS = "/sys/devices/system/cpu";
const TYPES = "/sys/kernel/btf";

function cpusOf(list: "possible" | "online"): number[] {
  const path = `${CPUS}/${list}`;
  return parseCpuList(readFileSync(path, "latin1"), path);
}

/** @param readBytes of a file; throws as Host does */
export function createLinuxTracing(readBytes: (path: string) => Promise<Uint8Array>): Tracing {
  return {
    openPrograms: () => openBpfPrograms(cpusOf("possible")),
    openCounters: (tracepoint, filters) => openEventCounters(tracepoint, filters, cpusOf("online")),
    async types(module) {
      const path = `${TYPES}/${module}`;
      // First the one that is often missing.
      const own = module === undefined ? undefined : await readBytes(path);
      const kernel = parseBtf(await readBytes(`${TYPES}/vmlinux`), `${TYPES}/vmlinux`);
      return own ? parseBtf(own, path, kernel.stringBytes) : kernel;
    },
  };
}
