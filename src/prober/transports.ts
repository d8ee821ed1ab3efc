import type { Protocol, SendOptions } from "../config/path.ts";
import type { KernelClock } from "../kernel/ffi/clock.ts";
import { Epoll } from "../kernel/ffi/epoll.ts";
import { openIcmpSocket } from "../kernel/ffi/icmp-socket.ts";
import { type Family, ProbeNotPermittedError } from "../kernel/ffi/probe-socket.ts";
import { TcpDialer } from "../kernel/ffi/tcp-socket.ts";
import { openUdpSocket } from "../kernel/ffi/udp-socket.ts";
import { createHmacSha256 } from "../kernel/hmac.ts";
import { transportName, type WorkerEvent } from "./commands.ts";
import { type DatagramDeps, DatagramTransport } from "./datagram-transport.ts";
import { EchoCodec } from "./echo-codec.ts";
import { StampCodec } from "./stamp-codec.ts";
import type { ProbeStream } from "./stream.ts";
import { TcpTransport } from "./tcp-transport.ts";
import type { Transport } from "./transport.ts";

const RETRY_NANOS = 30e9;
/** Beyond so many sets of sockets for one kind of stream, the newest has to do. */
const MAX_GENERATIONS = 8;

export interface TransportsDeps extends Pick<DatagramDeps, "engine" | "stalls" | "touched" | "learnedMtu"> {
  readonly clock: KernelClock;
  readonly random: () => number;
  readonly streamOf: (mark: number) => ProbeStream | undefined;
  readonly emit: (event: WorkerEvent) => void;
}

interface Opened {
  readonly transport: Transport;
  readonly openedNanos: number;
  /** Routes that use it. */
  users: number;
}

/** What kind of transport a stream wants. */
export interface Wanted {
  readonly protocol: Protocol;
  readonly family: Family;
  readonly send: SendOptions;
  readonly authenticated: boolean;
}

/**
 * The transports: one for all streams that send in the same way, opened when the first packet wants it, and tried again later
 * where the machine refused. Streams to which nothing comes back may ask for a newer one.
 */
export class Transports {
  private readonly deps: TransportsDeps;
  /** Oldest first. */
  private readonly byName = new Map<string, Opened[]>();
  private readonly retryNanos = new Map<string, number>();
  private receiveBufferBytes: number;
  /** All that are open; a list, because the engine goes through it each round. */
  readonly all: Transport[] = [];

  constructor(deps: TransportsDeps, receiveBufferBytes: number) {
    this.deps = deps;
    this.receiveBufferBytes = receiveBufferBytes;
  }

  /**
   * The newest transport of a kind, for one more route.
   * @param openedAfter wanted is one that was opened later than this: streams that go dark together share it
   * @returns undefined while the machine does not permit it
   */
  acquire(wanted: Wanted, nowNanos: number, openedAfter = Number.NEGATIVE_INFINITY): Transport | undefined {
    const name = transportName(wanted, wanted.family);
    const known = this.byName.get(name) ?? [];
    const newest = known.at(-1);
    if (newest && (newest.openedNanos > openedAfter || known.length === MAX_GENERATIONS)) {
      newest.users++;
      return newest.transport;
    }
    if (nowNanos < (this.retryNanos.get(name) ?? 0)) return undefined;
    return this.tryOpen(wanted, name, known, nowNanos);
  }

  private tryOpen(wanted: Wanted, name: string, known: Opened[], nowNanos: number): Transport | undefined {
    const { emit } = this.deps;
    try {
      const transport = this.open(wanted);
      this.byName.set(name, [...known, { transport, openedNanos: nowNanos, users: 1 }]);
      this.all.push(transport);
      emit({ type: "permitted", transport: name });
      return transport;
    } catch (error) {
      if (!(error instanceof ProbeNotPermittedError)) throw error;
      this.retryNanos.set(name, nowNanos + RETRY_NANOS);
      emit({ type: "denied", transport: name, message: error.message });
      return undefined;
    }
  }

  private open(wanted: Wanted): Transport {
    return wanted.protocol === "tcp" ? this.openConnections(wanted) : this.openDatagrams(wanted);
  }

  private openConnections({ family, send }: Wanted): Transport {
    const dialer = new TcpDialer(family, send);
    const epoll = new Epoll();
    this.deps.emit({ type: "opened", fd: epoll.fd });
    return new TcpTransport({ ...this.deps, family, dialer, epoll });
  }

  private openDatagrams({ protocol, family, send, authenticated }: Wanted): Transport {
    const { clock, random, streamOf, emit } = this.deps;
    const codec =
      protocol === "icmp"
        ? new EchoCodec(streamOf)
        : new StampCodec(authenticated ? "authenticated" : "plain", createHmacSha256, clock.baseSeconds, random);
    const openSocket = protocol === "icmp" ? openIcmpSocket : openUdpSocket;
    const count = protocol === "icmp" ? 1 : send.sourcePorts;
    const sockets = Array.from({ length: count }, () => {
      const socket = openSocket(family, this.receiveBufferBytes, send);
      emit({ type: "opened", fd: socket.fd });
      return socket;
    });
    return new DatagramTransport({ ...this.deps, protocol, sockets, codec });
  }

  /** What sockets ask of the kernel from now on; those that are open get more, never less. */
  wantReceiveBuffer(bytes: number): void {
    if (bytes <= this.receiveBufferBytes) return;
    this.receiveBufferBytes = bytes;
    for (const transport of this.all) transport.wantReceiveBuffer(bytes);
  }

  /** A route that used it is no more. The last one closes it: options that no path has any more keep no socket. */
  release(transport: Transport): void {
    for (const [name, known] of this.byName) {
      const opened = known.find((one) => one.transport === transport);
      if (!opened) continue;
      if (--opened.users > 0) return;
      const others = known.filter((one) => one !== opened);
      if (others.length > 0) this.byName.set(name, others);
      else this.byName.delete(name);
      this.all.splice(this.all.indexOf(transport), 1);
      for (const fd of transport.close()) this.deps.emit({ type: "closed", fd });
      return;
    }
  }
}
