import { constants } from "node:os";
import koffi from "koffi";

/** The C library that this process already runs on, glibc or musl alike: nothing is loaded from disk. */
export const libc = koffi.load(null);

/** Where the kernel finds `bytes`. They must own their memory (see `nativeBytes`) and outlive every call that uses it. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}

/** Zeroed memory with a fixed address: a Buffer from the pool or a small one on the heap could move. */
export function nativeBytes(length: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(Math.max(length, 128)), 0, length);
}

// Some numbers have two names (EAGAIN, EWOULDBLOCK): the first one, which is the alphabet's, stays.
const errnoNames = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** Name of an error number, such as ENOBUFS; `E<number>` where Node knows no name. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `E${errno}`;
}

/** Error number that the last call of this thread left. */
export function lastErrno(): number {
  return koffi.errno();
}
