import type { KeyObject } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Network } from "../config/cidr.ts";
import { formatListen, type Listen } from "../config/listen.ts";
import { openReflectorSocket } from "../kernel/ffi/reflector-socket.ts";
import { close } from "../kernel/ffi/socket.ts";
import { COUNT_WORDS, type ReflectorCounts, reflectorCounts } from "./counts.ts";
import type { ReflectorLimits } from "./limits.ts";
import { createSharedCounts, mendCounts, readCounts } from "./shared-counts.ts";
import type { ReflectorStart } from "./worker.ts";

export interface ReflectorOptions {
  /** Its host is an address. */
  readonly listen: Listen;
  /** Whose packets are answered. */
  readonly allow: readonly Network[];
  /** Packets are authenticated where there are keys, with any of them. */
  readonly keys: readonly KeyObject[];
  readonly limits: ReflectorLimits;
}

/** Handle of the STAMP reflector, which lives in a worker thread. */
export interface Reflector {
  /** Where it listens, as in the configuration, with the port that the kernel chose where 0 was asked. */
  readonly listens: string;
  counts(): ReflectorCounts;
  stop(): Promise<void>;
}

/** How long a stop may take. */
const WAIT_MS = 250;
/** A worker that dies at once is not started again in a tight loop. */
const RESTART_MS = 500;

function spawnWorker(start: ReflectorStart): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: start, name: "virtloss-reflector" });
}

/**
 * Starts answering. A worker that dies is started again; sessions begin anew then.
 * @param spawn how a worker is started; tests hold on to it
 * @throws CannotReflectError where the port cannot be had
 */
export function startReflector(
  options: ReflectorOptions,
  onWorkerDied: (error: Error) => void,
  spawn: (start: ReflectorStart) => Worker = spawnWorker,
): Reflector {
  const { listen, allow, keys, limits } = options;
  const { fd, port } = openReflectorSocket(listen.host, listen.port, WAIT_MS);
  const counts = createSharedCounts();
  const stop = new SharedArrayBuffer(4);
  const start: ReflectorStart = { fd, port, allow, keys, limits, counts, stop };
  let stopping = false;
  let restartTimer: NodeJS.Timeout | undefined;
  let latest: Float64Array = new Float64Array(COUNT_WORDS);
  let worker: Worker | undefined = startWorker();

  function startWorker(): Worker {
    const started = spawn(start);
    let cause = new Error("the worker ended");
    started.on("error", (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on("exit", () => ended(cause));
    return started;
  }

  function ended(cause: Error): void {
    worker = undefined;
    mendCounts(counts);
    if (stopping) return;
    onWorkerDied(cause);
    restartTimer = setTimeout(() => {
      worker = startWorker();
    }, RESTART_MS);
  }

  return {
    listens: formatListen({ host: listen.host, port }),
    counts() {
      latest = readCounts(counts) ?? latest;
      return reflectorCounts(latest);
    },
    async stop() {
      stopping = true;
      clearTimeout(restartTimer);
      const running = worker;
      if (running) {
        const exited = new Promise<void>((resolve) => running.once("exit", () => resolve()));
        Atomics.store(new Int32Array(stop), 0, 1);
        await exited;
      }
      close(fd);
    },
  };
}
