import { addressOf, nativeBytes } from "./libc.ts";
import { IOVEC, MMSGHDR } from "./mmsghdr.ts";

export const NAME_BYTES = 28; // sockaddr_in6, the longer of the two
export const NAME_STRIDE = 32;
export const CONTROL_STRIDE = 256;

/** Messages for sendmmsg and recvmmsg with all that they point to, in one block of memory. Offsets in bytes. */
export interface MessageBlock {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Native address of the first message. */
  readonly base: bigint;
  /** Where the vectors, names, control buffers and data of the messages begin, each as many as there are messages. */
  readonly iovAt: number;
  readonly nameAt: number;
  readonly controlAt: number;
  readonly dataAt: number;
}

/**
 * Lays them out and links them, with room for as much data as the stride.
 * @param dataStride bytes of data of each message, a multiple of eight
 * @param spares unlinked messages behind the linked ones
 */
export function layOutMessages(count: number, dataStride: number, spares = 0): MessageBlock {
  const iovAt = (count + spares) * MMSGHDR.bytes;
  const nameAt = iovAt + count * IOVEC.bytes;
  const controlAt = nameAt + count * NAME_STRIDE;
  const dataAt = controlAt + count * CONTROL_STRIDE;
  const memory = nativeBytes(dataAt + count * dataStride);
  const base = addressOf(memory);
  const view = new DataView(memory.buffer);
  const pointer = (at: number, to: number) => view.setBigUint64(at, base + BigInt(to), true);
  for (let i = 0; i < count; i++) {
    const message = i * MMSGHDR.bytes;
    const iov = iovAt + i * IOVEC.bytes;
    pointer(message + MMSGHDR.name, nameAt + i * NAME_STRIDE);
    pointer(message + MMSGHDR.iov, iov);
    view.setBigUint64(message + MMSGHDR.iovCount, 1n, true);
    pointer(message + MMSGHDR.control, controlAt + i * CONTROL_STRIDE);
    pointer(iov + IOVEC.base, dataAt + i * dataStride);
    view.setBigUint64(iov + IOVEC.length, BigInt(dataStride), true);
  }
  return {
    bytes: new Uint8Array(memory.buffer),
    words: new Uint32Array(memory.buffer),
    base,
    iovAt,
    nameAt,
    controlAt,
    dataAt,
  };
}
