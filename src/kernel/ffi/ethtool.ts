import { addressOf, errnoName, lastErrno, libc, nativeBytes } from "./libc.ts";

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const SIOCETHTOOL = 0x8946;
/** struct ifreq on 64-bit Linux: the interface's name, then a union that holds the pointer to ethtool's struct. */
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;
/**
 * Old kernels write as many strings or values as the driver has *now*, whatever length we announced. A driver that gains
 * queues between our two calls must not write behind our memory.
 */
const SLACK_BYTES = 64 * 1024;

const socket = libc.func("int socket(int, int, int)");
const ioctl = libc.func("int ioctl(int, ulong, uint8_t *)");

/** The kernel's error name (EOPNOTSUPP, ENODEV, …) where the call failed, else the struct as the kernel left it. */
export type EthtoolAnswer = { readonly error: string } | { readonly bytes: Uint8Array };

export type EthtoolCall = (device: string, request: Uint8Array) => Promise<EthtoolAnswer>;

/**
 * SIOCETHTOOL on a socket that is opened at the first call and kept: it sees the network namespace of that moment. The calls
 * run off the event loop, for the kernel holds RTNL meanwhile and a slow driver keeps it for seconds; and one at a time, so
 * that a hanging driver takes one thread of libuv's pool, never all four.
 */
export function openEthtool(): EthtoolCall {
  let descriptor = -1;
  let last: Promise<unknown> = Promise.resolve();
  // Calls come one after the other, so one piece of memory serves them all.
  let data = nativeBytes(SLACK_BYTES);

  /** The kernel's error name, or undefined on success. koffi keeps the pool thread's errno for the callback's duration only. */
  function ioctlOffLoop(ifreq: Uint8Array): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      ioctl.async(descriptor, SIOCETHTOOL, ifreq, (failure: unknown, result: number) => {
        if (failure) reject(failure);
        else resolve(result < 0 ? errnoName(lastErrno()) : undefined);
      });
    });
  }

  async function call(device: string, request: Uint8Array): Promise<EthtoolAnswer> {
    if (descriptor < 0) descriptor = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0) as number;
    if (descriptor < 0) return { error: errnoName(lastErrno()) };
    if (data.length < request.length + SLACK_BYTES) data = nativeBytes(2 * (request.length + SLACK_BYTES));
    data.set(request);
    const ifreq = nativeBytes(IFREQ_BYTES);
    ifreq.write(device, 0, IFNAMSIZ - 1, "latin1");
    new BigUint64Array(ifreq.buffer, IFNAMSIZ, 1)[0] = addressOf(data);
    const error = await ioctlOffLoop(ifreq);
    return error === undefined ? { bytes: new Uint8Array(data.subarray(0, request.length)) } : { error };
  }

  return (device, request) => {
    const answer = last.then(() => call(device, request));
    last = Promise.allSettled([answer]);
    return answer;
  };
}
