import { libc, nativeBytes } from "../ffi/libc.ts";
import { close } from "../ffi/socket.ts";
import { refused } from "./refusal.ts";
import { perfEventOpen, struct } from "./system-call.ts";
import type { EventCounters } from "./tracing.ts";

const ioctl: (fd: number, request: number, argument: Uint8Array) => number = libc.func("int ioctl(int, ulong, void *)");
const read: (fd: number, into: Uint8Array, bytes: number) => number = libc.func("long read(int, void *, size_t)");

const PERF_TYPE_TRACEPOINT = 2;
/** struct perf_event_attr as of Linux 4.1; newer kernels take shorter ones. */
const ATTRIBUTE_BYTES = 112;
/** A read of a group's first event gives all values of the group. */
const PERF_FORMAT_GROUP = 8;
const PERF_EVENT_IOC_SET_FILTER = 0x40082406;
const WORD = 8;

/**
 * @param cpus that are online: one event for each of them and each filter
 * @throws SourceAbsentError, NotPermittedError
 */
export function openEventCounters(
  tracepoint: number,
  filters: readonly string[],
  cpus: readonly number[],
): EventCounters {
  const groups: number[][] = [];
  const values = nativeBytes((1 + filters.length) * WORD);
  const numbers = new BigUint64Array(values.buffer, 0, 1 + filters.length);

  function closeAll(): void {
    for (const descriptor of groups.splice(0).flat()) close(descriptor);
  }

  function open(cpu: number, group: number, filter: string): number {
    const attributes = struct(ATTRIBUTE_BYTES, {
      0: PERF_TYPE_TRACEPOINT,
      4: ATTRIBUTE_BYTES,
      8: tracepoint,
      32: PERF_FORMAT_GROUP,
    });
    const opened = perfEventOpen(attributes, cpu, group);
    if ("error" in opened) throw refused(`perf event on CPU ${cpu}`, opened.error);
    const text = nativeBytes(filter.length + 1);
    text.write(filter, "latin1");
    if (ioctl(opened.value, PERF_EVENT_IOC_SET_FILTER, text) < 0) {
      close(opened.value);
      throw new Error(`perf event: the kernel does not take the filter "${filter}"`);
    }
    return opened.value;
  }

  try {
    for (const cpu of cpus) {
      const group: number[] = [];
      groups.push(group);
      for (const filter of filters) group.push(open(cpu, group[0] ?? -1, filter));
    }
  } catch (error) {
    closeAll();
    throw error;
  }

  return {
    read() {
      const sums = filters.map(() => 0);
      for (const [leader] of groups) {
        if (leader === undefined || read(leader, values, values.length) < values.length) continue;
        for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + Number(numbers[i + 1]);
      }
      return sums;
    },
    close: closeAll,
  };
}
