import { close, closeSync, open, openSync, read, readSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { askAgain } from "./ask-again.ts";
import { createLinuxTracing } from "./bpf/linux-tracing.ts";
import { openEthtool } from "./ffi/ethtool.ts";
import { openNetlink } from "./ffi/netlink.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "./host.ts";
import { createHttpClient } from "./http.ts";
import { askMachine, type MachineFacts } from "./machine.ts";
import { requestType } from "./netlink/message.ts";
import { runProgram } from "./program.ts";
import { connectUnix } from "./unix-stream.ts";

/** Far above any file of /proc and /sys that we read (/proc/interrupts of 1,000 CPUs and 2,000 vectors: 22 MB). */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Most files fit into one page; a read that was filled is followed by one of twice the size. */
const FIRST_READ_BYTES = 4096;
const LAST_READ_BYTES = 1024 * 1024;
/** /proc/PID/status grows with the number of CPUs, to 3 kB with 8,192 of them. */
const MAX_BYTES_AT_ONCE = 16 * 1024;

// A scrape reads a hundred small files: plain descriptors cost half of what FileHandle objects do.
const openFile = promisify(open);
const closeFile = promisify(close);

function readInto(descriptor: number, buffer: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, null, (error, bytesRead) =>
      error ? reject(error) : resolve(bytesRead),
    );
  });
}

/** What an error number of open, read or ioctl means to a collector. EINVAL: sysfs attributes that the driver lacks. */
const ABSENT = new Set(["ENOENT", "ESRCH", "ENODEV", "ENXIO", "EOPNOTSUPP", "ENOTSUP", "ENOTDIR", "EINVAL", "ENOTTY"]);
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
  const descriptor = await openFile(path, "r");
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (let room = FIRST_READ_BYTES; ; ) {
      const buffer = Buffer.allocUnsafe(room);
      const bytesRead = await readInto(descriptor, buffer);
      if (bytesRead === 0) return Buffer.concat(chunks, total).toString("utf8");
      total += bytesRead;
      if (total > maxBytes) throw new Error(`${path}: expected at most ${maxBytes} bytes, found more`);
      chunks.push(buffer.subarray(0, bytesRead));
      if (bytesRead === room) room = Math.min(2 * room, LAST_READ_BYTES);
    }
  } finally {
    await closeFile(descriptor);
  }
}

const atOnce = Buffer.alloc(MAX_BYTES_AT_ONCE);

/** @throws as readText does */
function readAtOnce(path: string): string {
  try {
    const descriptor = openSync(path, "r");
    try {
      const bytesRead = readSync(descriptor, atOnce, 0, MAX_BYTES_AT_ONCE, null);
      if (bytesRead < MAX_BYTES_AT_ONCE) return atOnce.toString("utf8", 0, bytesRead);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw errorOf(path, codeOf(error), error);
  }
  throw new Error(`${path}: expected less than ${MAX_BYTES_AT_ONCE} bytes, found more`);
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw errorOf(path, codeOf(error), error);
  }
}

/** The machine that this process runs on. Facts about it are asked for in the background from now on, until they are known. */
export function createLinuxHost({ maxFileBytes = MAX_FILE_BYTES }: { readonly maxFileBytes?: number } = {}): Host {
  const ethtool = openEthtool();
  const netlink = { route: openNetlink("route"), generic: openNetlink("generic") };
  let facts: MachineFacts | undefined;
  // Never fails. Until it has ended the facts are unknown, which every reader of theirs can handle.
  void askAgain(() => askMachine(() => readCapped("/proc/cpuinfo", maxFileBytes))).then((known) => {
    facts = known;
  });

  return {
    readText: (path) => reading(path, () => readCapped(path, maxFileBytes)),
    readNow: readAtOnce,
    list: (path) => reading(path, async () => (await readdir(path)).sort()),
    readLink: (path) => reading(path, () => readlink(path)),
    async ethtool(device, request) {
      const answer = await ethtool(device, request);
      if ("bytes" in answer) return answer.bytes;
      const what = `ethtool command 0x${(new Uint32Array(request.slice(0, 4).buffer)[0] ?? 0).toString(16)} on ${device}`;
      throw errorOf(what, answer.error, new Error(`${what}: ${answer.error}`));
    },
    async netlink(request, signal, protocol = "route") {
      const answer = await netlink[protocol](request, signal);
      if ("messages" in answer) return answer.messages;
      const what = `netlink request ${requestType(request)}`;
      throw errorOf(what, answer.error, new Error(`${what}: ${answer.error}`));
    },
    run: (program, args, signal) => runProgram(program, args, signal, maxFileBytes),
    connect: (path, signal) => reading(path, () => connectUnix(path, signal)),
    http: createHttpClient,
    environment: (name) => process.env[name],
    tracing: createLinuxTracing((path) => reading(path, () => readFile(path))),
    machine: () => facts,
  };
}
