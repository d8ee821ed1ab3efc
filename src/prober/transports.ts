import { type Family, openIcmpSocket, ProbeNotPermittedError } from "../kernel/ffi/icmp-socket.ts";
import type { WorkerEvent } from "./commands.ts";
import { EchoTransport, type TransportDeps } from "./echo-transport.ts";
import { ENGINE } from "./tally.ts";

const RETRY_NANOS = 30e9;

export interface TransportsDeps extends Omit<TransportDeps, "socket"> {
  readonly receiveBufferBytes: number;
  readonly emit: (event: WorkerEvent) => void;
}

/** One socket a family, opened when the first packet wants it, and tried again later where it was refused. */
export class Transports {
  private readonly deps: TransportsDeps;
  private readonly open = new Map<Family, EchoTransport>();
  private readonly retryNanos = new Map<Family, number>();

  constructor(deps: TransportsDeps) {
    this.deps = deps;
  }

  /** The transport of a family with room for packets of this size; undefined while the machine does not permit it. */
  of(family: Family, largestPacket: number, nowNanos: number): EchoTransport | undefined {
    const known = this.open.get(family);
    if (known) {
      known.ensureCapacity(largestPacket);
      return known;
    }
    if (nowNanos < (this.retryNanos.get(family) ?? 0)) return undefined;
    return this.tryOpen(family, largestPacket, nowNanos);
  }

  private tryOpen(family: Family, largestPacket: number, nowNanos: number): EchoTransport | undefined {
    const { engine, emit, receiveBufferBytes } = this.deps;
    try {
      const socket = openIcmpSocket(family, receiveBufferBytes);
      const transport = new EchoTransport({ ...this.deps, socket }, largestPacket);
      this.open.set(family, transport);
      engine[family === 4 ? ENGINE.receiveBufferV4 : ENGINE.receiveBufferV6] = socket.receiveBufferBytes;
      emit({ type: "socket", family, kind: socket.kind, fd: socket.fd });
      return transport;
    } catch (error) {
      if (!(error instanceof ProbeNotPermittedError)) throw error;
      this.retryNanos.set(family, nowNanos + RETRY_NANOS);
      emit({ type: "denied", family, message: error.message });
      return undefined;
    }
  }

  all(): IterableIterator<EchoTransport> {
    return this.open.values();
  }

  opened(family: Family): EchoTransport | undefined {
    return this.open.get(family);
  }
}
