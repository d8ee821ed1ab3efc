import { nativeBytes } from "../ffi/libc.ts";
import { close } from "../ffi/socket.ts";
import { assemble } from "./assembler.ts";
import type { Instruction } from "./instructions.ts";
import { createMap } from "./map.ts";
import { refused } from "./refusal.ts";
import { bpf, struct } from "./system-call.ts";
import type { AttachTo, BpfPrograms } from "./tracing.ts";

// enum bpf_cmd, bpf_prog_type and bpf_attach_type (include/uapi/linux/bpf.h).
const PROG_LOAD = 5;
const RAW_TRACEPOINT_OPEN = 17;
const RAW_TRACEPOINT = 17;
const TRACING = 26;
const TRACE_RAW_TP = 23;
/** The checker's reasons are asked for only once it has refused: writing them costs more than checking. */
const LOG_BYTES = 64 * 1024;
const LOG_SHOWN = 400;
const INSTRUCTION_BYTES = 8;
const NAME = "virtloss";
const NAME_BYTES = 15;

/** @param cpus as `createMap` wants them */
export function openBpfPrograms(cpus: readonly number[]): BpfPrograms {
  const descriptors: number[] = [];

  return {
    createMap(shape) {
      const map = createMap(shape, cpus);
      descriptors.push(map.descriptor);
      return map;
    },
    attach(program, to) {
      const loaded = loadProgram(program, to);
      descriptors.push(loaded);
      descriptors.push(attachProgram(loaded, to));
    },
    close() {
      // The last first: what hangs in the kernel before what it uses.
      for (const descriptor of descriptors.splice(0).reverse()) close(descriptor);
    },
  };
}

function loadProgram(program: readonly Instruction[], { tracepoint, typeId }: AttachTo): number {
  const machineCode = assemble(program);
  const code = nativeBytes(machineCode.length);
  code.set(machineCode);
  const license = nativeBytes(8);
  license.write("GPL\0", "latin1");
  const words = {
    0: typeId === undefined ? RAW_TRACEPOINT : TRACING,
    4: code.length / INSTRUCTION_BYTES,
    68: typeId === undefined ? 0 : TRACE_RAW_TP,
    108: typeId ?? 0,
  };
  const pointers = { 8: code, 16: license };
  const named = (request: Buffer<ArrayBuffer>) => {
    request.write(NAME, 48, NAME_BYTES, "latin1");
    return request;
  };
  const loaded = bpf(PROG_LOAD, named(struct(112, words, pointers)));
  if ("value" in loaded) return loaded.value;
  const what = `the BPF program for ${tracepoint}`;
  const log = nativeBytes(LOG_BYTES);
  const again = bpf(PROG_LOAD, named(struct(112, { ...words, 24: 1, 28: LOG_BYTES }, { ...pointers, 32: log })));
  if ("value" in again) return again.value;
  const reason = log.toString("latin1", 0, log.indexOf(0)).trim().slice(-LOG_SHOWN);
  throw reason === "" || again.error === "EPERM"
    ? refused(what, again.error)
    : new Error(`${what}: ${again.error}: ${reason}`);
}

function attachProgram(program: number, { tracepoint, typeId }: AttachTo): number {
  const name = nativeBytes(tracepoint.length + 1);
  name.write(tracepoint, "latin1");
  // A program with the tracepoint's type knows where it belongs.
  const attached = bpf(RAW_TRACEPOINT_OPEN, struct(16, { 8: program }, typeId === undefined ? { 0: name } : {}));
  if ("error" in attached) throw refused(`the tracepoint ${tracepoint}`, attached.error);
  return attached.value;
}
