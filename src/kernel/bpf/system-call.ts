import { addressOf, errnoName, lastErrno, libc, nativeBytes } from "../ffi/libc.ts";
import { SourceAbsentError } from "../host.ts";

/** Numbers of system calls that the C library has no functions for (asm/unistd.h). */
const numbers: Readonly<Record<string, { readonly bpf: number; readonly perfEventOpen: number }>> = {
  x64: { bpf: 321, perfEventOpen: 298 },
  arm64: { bpf: 280, perfEventOpen: 241 },
};

const syscall: (number: number, ...typesAndValues: readonly unknown[]) => number = libc.func("long syscall(long, ...)");

/** What a system call gave: a number, or the name of its error. */
export type Answer = { readonly value: number } | { readonly error: string };

function answer(result: number): Answer {
  return result < 0 ? { error: errnoName(lastErrno()) } : { value: result };
}

/** @throws SourceAbsentError */
function numberOf(call: "bpf" | "perfEventOpen"): number {
  const known = numbers[process.arch];
  if (!known) throw new SourceAbsentError(`BPF is known here on x64 and arm64, this is ${process.arch}`);
  return known[call];
}

/** bpf(2). @param attributes union bpf_attr as far as the command reads it @throws SourceAbsentError */
export function bpf(command: number, attributes: Uint8Array): Answer {
  const size = attributes.length;
  return answer(syscall(numberOf("bpf"), "int", command, "void *", attributes, "uint", size));
}

/** perf_event_open(2) for one CPU, whatever runs there. @throws SourceAbsentError */
export function perfEventOpen(attributes: Uint8Array, cpu: number, group: number): Answer {
  const everyProcess = ["int", -1] as const;
  const place = ["int", cpu, "int", group, "ulong", PERF_FLAG_FD_CLOEXEC] as const;
  return answer(syscall(numberOf("perfEventOpen"), "void *", attributes, ...everyProcess, ...place));
}

const PERF_FLAG_FD_CLOEXEC = 8;

/** Fills a struct: 32-bit words and 64-bit addresses at their offsets. The buffers it points to must outlive its use. */
export function struct(
  bytes: number,
  words: Readonly<Record<number, number>>,
  pointers: Readonly<Record<number, Uint8Array>> = {},
): Buffer<ArrayBuffer> {
  const filled = nativeBytes(bytes);
  for (const [offset, value] of Object.entries(words)) filled.writeUInt32LE(value >>> 0, Number(offset));
  for (const [offset, target] of Object.entries(pointers)) filled.writeBigUInt64LE(addressOf(target), Number(offset));
  return filled;
}
