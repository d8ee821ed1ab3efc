import { open, readdir, readlink } from "node:fs/promises";
import { openEthtool } from "./ffi/ethtool.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "./host.ts";
import { askSystem, type MachineFacts, machineFacts } from "./machine.ts";

/** Far above any file of /proc and /sys that we read (/proc/interrupts of 1,000 CPUs and 2,000 vectors: 22 MB). */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** What an error number of open, read or ioctl means to a collector. EINVAL: sysfs attributes that the driver lacks. */
const ABSENT = new Set(["ENOENT", "ENODEV", "ENXIO", "EOPNOTSUPP", "ENOTSUP", "ENOTDIR", "EINVAL", "ENOTTY"]);
const NOT_PERMITTED = new Set(["EACCES", "EPERM"]);

function codeOf(error: unknown): string {
  const known = typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
  return known ? (error.code as string) : "";
}

/** The error that a collector understands; `other` where the code is neither absence nor refusal. */
function errorOf(what: string, code: string, other: unknown): unknown {
  if (ABSENT.has(code)) return new SourceAbsentError(`${what}: ${code}`);
  if (NOT_PERMITTED.has(code)) {
    return new NotPermittedError(`${what}: ${code}: the kernel refused; run as root or grant read access`);
  }
  return other;
}

/** Files of /proc and /sys have size 0 and grow while they are read: read to the end, up to the cap. */
async function readCapped(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return Buffer.concat(chunks, total).toString("utf8");
      total += bytesRead;
      if (total > maxBytes) throw new Error(`${path}: expected at most ${maxBytes} bytes, found more`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw errorOf(path, codeOf(error), error);
  }
}

/** The machine that this process runs on. Facts about it are asked once, in the background, from now on. */
export function createLinuxHost({ maxFileBytes = MAX_FILE_BYTES }: { readonly maxFileBytes?: number } = {}): Host {
  const ethtool = openEthtool();
  let facts: MachineFacts | undefined;

  async function learnFacts(): Promise<void> {
    const [system, cpuinfo] = await Promise.allSettled([askSystem(), readCapped("/proc/cpuinfo", maxFileBytes)]);
    if (system.status === "fulfilled" && system.value) {
      facts = machineFacts(system.value, cpuinfo.status === "fulfilled" ? cpuinfo.value : "");
    }
  }
  void learnFacts();

  return {
    readText: (path) => reading(path, () => readCapped(path, maxFileBytes)),
    list: (path) => reading(path, async () => (await readdir(path)).sort()),
    readLink: (path) => reading(path, () => readlink(path)),
    async ethtool(device, request) {
      const answer = await ethtool(device, request);
      if ("bytes" in answer) return answer.bytes;
      const what = `ethtool command 0x${(new Uint32Array(request.slice(0, 4).buffer)[0] ?? 0).toString(16)} on ${device}`;
      throw errorOf(what, answer.error, new Error(`${what}: ${answer.error}`));
    },
    machine: () => facts,
  };
}
