import { readFileSync } from "node:fs";
import { NotPermittedError, SourceAbsentError } from "../host.ts";

/** Bits of CapEff (include/uapi/linux/capability.h); before Linux 5.8 CAP_SYS_ADMIN stood for the other two. */
const CAP_SYS_ADMIN = 21n;
const needed = [
  { name: "CAP_BPF", bit: 39n },
  { name: "CAP_PERFMON", bit: 38n },
];

/** What the kernel lacks, rather than forbids. 524 is its own ENOTSUPP, which has no name outside. */
const ABSENT = new Set(["ENOSYS", "ENOENT", "EOPNOTSUPP", "E524", "ENODEV"]);
const NOT_PERMITTED = new Set(["EPERM", "EACCES"]);

/**
 * The error that a collector understands, for a call that the kernel refused.
 * @param status text of /proc/self/status
 */
export function refusal(what: string, error: string, status: string): Error {
  if (ABSENT.has(error)) return new SourceAbsentError(`${what}: ${error}: this kernel does not have it`);
  if (NOT_PERMITTED.has(error)) return new NotPermittedError(`${what}: ${error}: ${remedy(status)}`);
  return new Error(`${what}: ${error}`);
}

function remedy(status: string): string {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const has = (bit: bigint) => ((effective >> bit) & 1n) === 1n;
  const missing = has(CAP_SYS_ADMIN) ? [] : needed.filter(({ bit }) => !has(bit)).map(({ name }) => name);
  if (missing.length > 0) {
    return `it takes the capabilities CAP_BPF and CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8), this process lacks ${missing.join(" and ")}`;
  }
  return (
    "the capabilities are there; a filter of system calls (seccomp: SystemCallFilter of systemd, profile of a container), " +
    "kernel lockdown, or before Linux 5.11 the limit of locked memory (LimitMEMLOCK) forbids it"
  );
}

/** As `refusal`, for this process. */
export function refused(what: string, error: string): Error {
  return refusal(what, error, readFileSync("/proc/self/status", "latin1"));
}
