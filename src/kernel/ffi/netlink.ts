import { type NetlinkMessage, numbered, readDump } from "../netlink/message.ts";
import { errnoName, lastErrno, libc, nativeBytes } from "./libc.ts";
import { layOutMessages, type MessageBlock } from "./message-block.ts";
import { MMSGHDR } from "./mmsghdr.ts";
import * as sys from "./socket.ts";
import { setOption } from "./socket-option.ts";

const AF_NETLINK = 16;
const PROTOCOLS = { route: 0, generic: 16 } as const;
/** The kernel fills parts of 32 KiB where it finds buffers of that size, and never a larger one. */
const PART_BYTES = 32 * 1024;
/** Parts that one call takes: as it takes one, the kernel prepares the next. */
const PARTS = 8;
/** Interfaces with their statistics take some 1.5 KB each: 40,000 of them. */
const MAX_DUMP_BYTES = 64 * 1024 * 1024;
const ANSWER_TIMEOUT_SECONDS = 1;
/** A dump during which interfaces came or went is worth nothing, and is asked for again. */
const ATTEMPTS = 3;

const sendto = libc.func("long sendto(int, void *, size_t, int, void *, uint)");
const recvmmsg = libc.func("int recvmmsg(int, void *, uint, int, void *)");

/** The kernel's error name (EOPNOTSUPP, EPERM, …), else all that the dump holds. */
export type NetlinkAnswer = { readonly error: string } | { readonly messages: readonly NetlinkMessage[] };

export type NetlinkDump = (request: Uint8Array, signal: AbortSignal) => Promise<NetlinkAnswer>;

type NativeCall = (done: (failure: unknown, result: number) => void) => void;

/** Runs a call off the event loop. @returns its result, or the kernel's error name, which koffi keeps for the callback only */
function offLoop(call: NativeCall): Promise<number | string> {
  return new Promise((resolve, reject) => {
    call((failure, result) => {
      if (failure) reject(failure);
      else resolve(result < 0 ? errnoName(lastErrno()) : result);
    });
  });
}

function openSocket(protocol: number): number {
  const fd = sys.socket(AF_NETLINK, sys.SOCK_RAW | sys.SOCK_CLOEXEC, protocol);
  if (fd < 0) return fd;
  const timeval = nativeBytes(16);
  timeval.writeBigInt64LE(BigInt(ANSWER_TIMEOUT_SECONDS));
  setOption(fd, sys.SOL_SOCKET, sys.SO_RCVTIMEO, timeval);
  return fd;
}

/** Copies what a call left, because the next one overwrites it. @throws Error where a part was larger than its room */
function takeParts(block: MessageBlock, count: number): Uint8Array {
  const parts = Array.from({ length: count }, (_, i) => {
    const [at, data] = [(i * MMSGHDR.bytes) / 4, block.dataAt + i * PART_BYTES];
    if ((block.words[at + MMSGHDR.flags / 4] as number) & sys.MSG_TRUNC) {
      throw new Error(`netlink: expected parts of at most ${PART_BYTES} bytes, found a larger one`);
    }
    return block.bytes.subarray(data, data + (block.words[at + MMSGHDR.length / 4] as number));
  });
  return Buffer.concat(parts);
}

/**
 * Dumps of netlink. The socket is opened at the first and kept: it sees the network namespace of that moment. The calls
 * run off the event loop, for the kernel may wait for RTNL in them; and one dump at a time, so that they take one thread of
 * libuv's pool, never all four.
 */
export function openNetlink(protocol: keyof typeof PROTOCOLS): NetlinkDump {
  let descriptor = -1;
  let sequence = 0;
  /** A dump that was not read to its end: what is left of it would come in before the next answer. */
  let unfinished = false;
  let block: MessageBlock | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function readAnswer(into: MessageBlock, signal: AbortSignal): Promise<NetlinkAnswer | "changed"> {
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    for (let total = 0; total <= MAX_DUMP_BYTES; ) {
      signal.throwIfAborted();
      const count = await offLoop((done) =>
        recvmmsg.async(descriptor, into.base, PARTS, sys.MSG_WAITFORONE, null, done),
      );
      if (count === "ENOBUFS") return "changed";
      if (typeof count === "string") return { error: count };
      const bytes = takeParts(into, count);
      const part = readDump(bytes, sequence);
      total += bytes.length;
      messages.push(...part.messages);
      interrupted ||= part.interrupted;
      if (part.ended === undefined) continue;
      unfinished = false;
      if (part.ended !== 0) return { error: errnoName(part.ended) };
      return interrupted ? "changed" : { messages };
    }
    throw new Error(`netlink: expected a dump of at most ${MAX_DUMP_BYTES} bytes, found more`);
  }

  async function ask(request: Uint8Array, signal: AbortSignal): Promise<NetlinkAnswer | "changed"> {
    if (unfinished) {
      sys.close(descriptor);
      descriptor = -1;
    }
    if (descriptor < 0) descriptor = openSocket(PROTOCOLS[protocol]);
    if (descriptor < 0) return { error: errnoName(lastErrno()) };
    block ??= layOutMessages(PARTS, PART_BYTES);
    sequence = (sequence + 1) >>> 0;
    const native = nativeBytes(request.length);
    native.set(numbered(request, sequence));
    unfinished = true;
    const sent = await offLoop((done) => sendto.async(descriptor, native, native.length, 0, null, 0, done));
    return typeof sent === "string" ? { error: sent } : readAnswer(block, signal);
  }

  async function dump(request: Uint8Array, signal: AbortSignal): Promise<NetlinkAnswer> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await ask(request, signal);
      if (answer !== "changed") return answer;
    }
    throw new Error(`netlink: interfaces or queues came and went during ${ATTEMPTS} readings of their list`);
  }

  return (request, signal) => {
    const answer = last.then(() => dump(request, signal));
    last = Promise.allSettled([answer]);
    return answer;
  };
}
