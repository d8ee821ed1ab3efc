import type { KeyObject } from "node:crypto";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { defaultSend, MAX_SIZES_PER_PATH, type Protocol, type SendOptions, type Size } from "../config/path.ts";
import { closeWithWatched } from "../kernel/ffi/epoll.ts";
import {
  type ProbeAddress,
  type StreamKind,
  type StreamSizes,
  transportName,
  type WorkerCommand,
  type WorkerEvent,
  type WorkerStart,
} from "./commands.ts";
import { LONGEST_TCP_TIMEOUT_SECONDS } from "./limits.ts";
import { createSharedTallies, ensureSlots, mendSequence, readSnapshot, sharedSlot } from "./shared-tallies.ts";
import { ENGINE_SLOT, SLOT_WORDS, STREAM, word } from "./tally.ts";

/** What one stream is to send. */
export interface StreamSpec {
  /** Null while its name does not resolve. */
  readonly address: ProbeAddress | null;
  /** Default: icmp. */
  readonly protocol?: Protocol;
  /** Of stamp and tcp. */
  readonly port?: number;
  readonly send?: SendOptions;
  /** Makes stamp authenticated. */
  readonly key?: KeyObject;
  readonly sizes: readonly Size[];
  readonly ratePerSecond: number;
  /** Of tcp at most 0.8 s: the kernel sends a SYN again after a second, which would hide a loss. */
  readonly timeoutSeconds: number;
  /** Attempts to make; for ever without. */
  readonly count?: number;
  /** Where every verdict is noted; see packet-record.ts. */
  readonly record?: SharedArrayBuffer;
}

/** Everything that the engine counted, as of one moment. */
export interface EngineSnapshot {
  /** Words at ENGINE. */
  readonly engine: Float64Array;
  /** Words at STREAM of one stream; all 0 before its first packet. */
  stream(slot: number): Float64Array;
}

/** Handle of the engine, which lives in a worker thread. Streams are known by their slots. */
export interface ProbeEngine {
  add(spec: StreamSpec): number;
  setAddress(slot: number, address: ProbeAddress | null): void;
  /** Another pace or other sizes, counters kept. @returns false where they would need more places than a tally has */
  tune(slot: number, ratePerSecond: number, sizes: readonly Size[]): boolean;
  /** The sizes that the stream's counters stand for, in the order of their words. */
  sizesOf(slot: number): readonly Size[];
  remove(slot: number): void;
  snapshot(): EngineSnapshot;
  /** Why this machine does not let the stream send; undefined where it does or nobody tried. */
  denied(slot: number): string | undefined;
  /** All such reasons, each once. */
  denials(): readonly string[];
  /** Times that the worker died and was started again. */
  readonly restarts: number;
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Asked of the kernel for each socket; null: by the rate. */
  readonly receiveBufferBytes: number | null;
  /** A one-shot stream has made and judged all its attempts. */
  readonly onDone?: (slot: number) => void;
  readonly onDenied?: (message: string) => void;
  readonly onWorkerDied?: (error: Error) => void;
  /** How a worker is started; tests hold on to it. */
  readonly spawn?: (start: WorkerStart) => Worker;
}

const SNAPSHOT_MS = 50;
/** A worker that dies at once is not started again in a tight loop. */
const RESTART_MS = 500;

interface Stream {
  spec: StreamSpec;
  readonly kind: StreamKind;
  sizes: StreamSizes;
}

function kindOf({
  protocol = "icmp",
  port = 0,
  send = defaultSend,
  key,
  sizes,
  timeoutSeconds,
}: StreamSpec): StreamKind {
  return {
    protocol,
    port,
    // A packet that fills the path MTU must not be cut.
    send: sizes.includes("mtu") ? { ...send, df: true } : send,
    key: key ?? null,
    timeoutSeconds: protocol === "tcp" ? Math.min(timeoutSeconds, LONGEST_TCP_TIMEOUT_SECONDS) : timeoutSeconds,
  };
}

/** Sizes keep their places, new ones get the next. */
function placed(known: readonly Size[], wanted: readonly Size[]): StreamSizes {
  const all = [...new Set([...known, ...wanted])];
  return { known: all, active: wanted.map((size) => all.indexOf(size)) };
}

function spawnWorker(start: WorkerStart): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: start, name: "virtloss-prober" });
}

export function createProbeEngine(options: EngineOptions): ProbeEngine {
  const shared = createSharedTallies();
  const wake = new SharedArrayBuffer(4);
  const wakeWord = new Int32Array(wake);
  const streams = new Map<number, Stream>();
  /** By name of transport. */
  const denied = new Map<string, string>();
  const freeSlots: number[] = [];
  const leavingSlots = new Set<number>();
  let slotCount = ENGINE_SLOT + 1;
  let generation = 0;
  let restarts = 0;
  let stopping = false;
  const descriptors = new Set<number>();
  let latest: Float64Array = new Float64Array(SLOT_WORDS);
  let restartTimer: NodeJS.Timeout | undefined;
  let worker: Worker | undefined = startWorker();

  function startWorker(): Worker {
    const started = (options.spawn ?? spawnWorker)({ ...shared, wake, receiveBufferBytes: options.receiveBufferBytes });
    let cause = new Error("the worker ended");
    started.on("message", receive);
    started.on("error", (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on("exit", () => ended(cause));
    return started;
  }

  function receive(event: WorkerEvent): void {
    switch (event.type) {
      case "opened":
        descriptors.add(event.fd);
        break;
      case "closed":
        descriptors.delete(event.fd);
        break;
      case "permitted":
        denied.delete(event.transport);
        break;
      case "denied":
        denied.set(event.transport, event.message);
        options.onDenied?.(event.message);
        break;
      case "removed":
        freeSlot(event.slot);
        break;
      case "done":
        options.onDone?.(event.slot);
    }
  }

  function freeSlot(slot: number): void {
    leavingSlots.delete(slot);
    freeSlots.push(slot);
  }

  function ended(cause: Error): void {
    worker = undefined;
    for (const fd of descriptors) closeWithWatched(fd);
    descriptors.clear();
    for (const slot of leavingSlots) freeSlot(slot);
    mendSequence(shared);
    if (stopping) return;
    restarts++;
    options.onWorkerDied?.(cause);
    restartTimer = setTimeout(restart, RESTART_MS);
  }

  function restart(): void {
    worker = startWorker();
    for (const [slot, stream] of streams) {
      const { spec } = stream;
      const made = word(sharedSlot(shared, slot), STREAM.sent);
      if (spec.count !== undefined) stream.spec = { ...spec, count: Math.max(0, spec.count - made) };
      begin(slot, stream);
    }
  }

  function post(command: WorkerCommand): void {
    worker?.postMessage(command);
    Atomics.add(wakeWord, 0, 1);
    Atomics.notify(wakeWord, 0);
  }

  /** A new generation each time: replies to what an earlier worker or stream sent are not counted for this one. */
  function begin(slot: number, stream: Stream): void {
    const { spec, kind, sizes } = stream;
    generation = (generation + 1) & 0xfff;
    streams.set(slot, stream);
    post({
      type: "add",
      slot,
      generation,
      kind,
      address: spec.address,
      sizes,
      ratePerSecond: spec.ratePerSecond,
      count: spec.count ?? Number.POSITIVE_INFINITY,
      record: spec.record ?? null,
    });
  }

  function denialOf(slot: number): string | undefined {
    if (denied.size === 0) return undefined; // as nearly always, and it is asked for each path in each scrape
    const stream = streams.get(slot);
    if (!stream?.spec.address) return undefined;
    const authenticated = stream.kind.key !== null;
    return denied.get(transportName({ ...stream.kind, authenticated }, stream.spec.address.family));
  }

  return {
    add(spec) {
      const slot = freeSlots.pop() ?? slotCount++;
      ensureSlots(shared, slotCount);
      sharedSlot(shared, slot).fill(0);
      begin(slot, { spec, kind: kindOf(spec), sizes: placed([], spec.sizes) });
      return slot;
    },
    setAddress(slot, address) {
      const stream = streams.get(slot);
      if (!stream) return;
      stream.spec = { ...stream.spec, address };
      post({ type: "address", slot, address });
    },
    tune(slot, ratePerSecond, wanted) {
      const stream = streams.get(slot);
      if (!stream) return false;
      const sizes = placed(stream.sizes.known, wanted);
      // The size mtu needs another socket, which a stream keeps for its life.
      const needsAnother = wanted.includes("mtu") && !stream.kind.send.df;
      if (sizes.known.length > MAX_SIZES_PER_PATH || needsAnother) return false;
      stream.spec = { ...stream.spec, ratePerSecond };
      stream.sizes = sizes;
      post({ type: "tune", slot, ratePerSecond, sizes });
      return true;
    },
    sizesOf: (slot) => streams.get(slot)?.sizes.known ?? [],
    remove(slot) {
      if (!streams.delete(slot)) return;
      if (worker) {
        leavingSlots.add(slot);
        post({ type: "remove", slot });
      } else freeSlot(slot);
    },
    snapshot() {
      const deadline = performance.now() + SNAPSHOT_MS;
      const read = readSnapshot(shared, slotCount, () => performance.now() > deadline);
      if (read) latest = read;
      const words = latest;
      const slice = (slot: number) => words.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
      return {
        engine: slice(ENGINE_SLOT),
        stream: (slot) => (slot * SLOT_WORDS < words.length ? slice(slot) : new Float64Array(SLOT_WORDS)),
      };
    },
    denied: denialOf,
    denials: () => [...new Set(denied.values())],
    get restarts() {
      return restarts;
    },
    async stop() {
      stopping = true;
      clearTimeout(restartTimer);
      const running = worker;
      if (!running) return;
      const exited = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      post({ type: "stop" });
      await exited;
    },
  };
}
