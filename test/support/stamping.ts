import { setTimeout as sleep } from "node:timers/promises";
import { nativeBytes } from "../../src/kernel/ffi/libc.ts";
import { kernelStampNanos, MessageRing } from "../../src/kernel/ffi/message-ring.ts";
import { sockaddr, sockaddrWords } from "../../src/kernel/ffi/sockaddr.ts";
import * as sys from "../../src/kernel/ffi/socket.ts";

const WAIT_MS = 50;

/**
 * Does the kernel stamp what it receives, because somebody on this machine wants it? A datagram that waits in a socket which
 * asks for stamps only afterwards has the stamp of its arrival if so, and otherwise that of the moment it is read.
 */
export async function stampingIsOn(): Promise<boolean> {
  const fd = sys.socket(sys.AF_INET, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
  const self = nativeBytes(16);
  self.set(sockaddr("127.0.0.1"));
  const length = nativeBytes(4);
  length.writeUInt32LE(16);
  sys.bind(fd, self, 16);
  sys.getsockname(fd, self, length);
  const ring = new MessageRing(1, 16);
  ring.setDataLength(0, 1);
  ring.setName(0, sockaddrWords(self.subarray(0, 16)));
  ring.clearControl(0);
  const sentMs = Date.now();
  sys.sendmmsg(fd, ring.addressOf(0), 1, sys.MSG_DONTWAIT);
  await sleep(WAIT_MS);
  const on = nativeBytes(4);
  on.writeInt32LE(1);
  sys.setsockopt(fd, sys.SOL_SOCKET, sys.SO_TIMESTAMPNS, on, 4);
  ring.prepareReceive(1);
  const received = sys.recvmmsg(fd, ring.addressOf(0), 1, sys.MSG_DONTWAIT, null);
  sys.close(fd);
  const stampMs = kernelStampNanos(ring, 0, 0) / 1e6;
  if (received !== 1 || Number.isNaN(stampMs)) throw new Error("a datagram to ourselves on loopback brought no stamp");
  return stampMs < sentMs + WAIT_MS / 2;
}
