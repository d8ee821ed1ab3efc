import { type KeyObject, randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { Network } from "../config/cidr.ts";
import { createKernelClock } from "../kernel/ffi/clock.ts";
import { socketDrops } from "../kernel/ffi/probe-socket.ts";
import { createHmacSha256 } from "../kernel/hmac.ts";
import { compileNetworks } from "./allowed.ts";
import type { ReflectorLimits } from "./limits.ts";
import { createReflectLoop } from "./reflect-loop.ts";
import { createResponder } from "./responder.ts";
import { countsSoFar, createCountsWriter, type SharedCounts } from "./shared-counts.ts";

/** What the worker is started with. */
export interface ReflectorStart {
  readonly fd: number;
  readonly port: number;
  readonly allow: readonly Network[];
  readonly keys: readonly KeyObject[];
  readonly limits: ReflectorLimits;
  readonly counts: SharedCounts;
  /** Not 0: stop. */
  readonly stop: SharedArrayBuffer;
}

/** The worker thread: waits in the kernel for packets, so that no event loop stands between a packet and its reply. */
function run({ fd, port, allow, keys, limits, counts, stop }: ReflectorStart): void {
  const stopped = new Int32Array(stop);
  const responder = createResponder({
    isAllowed: compileNetworks(allow),
    hmacs: keys.map(createHmacSha256),
    limits,
    port,
    random: () => randomBytes(4).readUInt32LE(),
  });
  const loop = createReflectLoop({
    fd,
    clock: createKernelClock(),
    responder,
    counts: countsSoFar(counts),
    socketDrops: () => socketDrops(fd),
    publish: createCountsWriter(counts),
  });
  while (Atomics.load(stopped, 0) === 0) loop.round();
  loop.finish();
}

if (parentPort) run(workerData as ReflectorStart);
