import { readFileSync } from "node:fs";
import { parseCpuList } from "../cpu-list.ts";
import { ParseError } from "../host.ts";
import { parseBtf } from "./btf.ts";
import { openEventCounters } from "./counters.ts";
import { openBpfPrograms } from "./programs.ts";
import type { Tracing } from "./tracing.ts";

const CPUS = "/sys/devices/system/cpu";
const TYPES = "/sys/kernel/btf";

function cpusOf(list: "possible" | "online"): number[] {
  const path = `${CPUS}/${list}`;
  const cpus = parseCpuList(readFileSync(path, "latin1"), path);
  // The kernel would write past the end of a value without places.
  if (cpus.length === 0) throw new ParseError(`${path}: expected a list of CPUs such as 0-3,8, got none`);
  return cpus;
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
