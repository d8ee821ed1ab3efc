import { errnoName, lastErrno, nativeBytes } from "./libc.ts";
import { kernelStampNanos, MessageRing } from "./message-ring.ts";
import { sockaddr, sockaddrWords } from "./sockaddr.ts";
import * as sys from "./socket.ts";

const ATTEMPTS = 20;
const PAUSE_MS = 5;

/**
 * Switches the kernel's receive stamping on and keeps it on while the socket is open, with a small socket of our own.
 * The kernel does the switching by deferred work: packets that arrive before it is done carry no stamp, so this waits,
 * at most 100 ms, until a datagram to ourselves on loopback brings one. Without loopback it just waits.
 * @returns the socket's descriptor
 */
export function holdStampingOn(): number {
  const fd = sys.socket(sys.AF_INET, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`a datagram socket to hold stamping on: ${errnoName(lastErrno())}`);
  const on = nativeBytes(4);
  on.writeInt32LE(1);
  sys.setsockopt(fd, sys.SOL_SOCKET, sys.SO_TIMESTAMPNS, on, 4);
  const self = nativeBytes(16);
  self.set(sockaddr("127.0.0.1"));
  const length = nativeBytes(4);
  length.writeUInt32LE(16);
  const named = sys.bind(fd, self, 16) === 0 && sys.getsockname(fd, self, length) === 0;
  const ring = new MessageRing(1, 16);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (named && stampArrives(fd, ring, self.subarray(0, 16))) break;
    Atomics.wait(nap, 0, 0, PAUSE_MS);
  }
  return fd;
}

function stampArrives(fd: number, ring: MessageRing, self: Uint8Array): boolean {
  ring.setDataLength(0, 1);
  ring.setName(0, sockaddrWords(self));
  ring.clearControl(0);
  if (sys.sendmmsg(fd, ring.addressOf(0), 1, sys.MSG_DONTWAIT) !== 1) return false;
  ring.prepareReceive(1);
  return (
    sys.recvmmsg(fd, ring.addressOf(0), 1, sys.MSG_DONTWAIT, null) === 1 && !Number.isNaN(kernelStampNanos(ring, 0, 0))
  );
}
