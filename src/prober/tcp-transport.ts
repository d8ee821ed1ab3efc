import type { KernelClock } from "../kernel/ffi/clock.ts";
import { EPOLL_BATCH, type Epoll } from "../kernel/ffi/epoll.ts";
import { errnoName } from "../kernel/ffi/libc.ts";
import type { ReportedError } from "../kernel/ffi/message-ring.ts";
import type { Family } from "../kernel/ffi/probe-socket.ts";
import { close } from "../kernel/ffi/socket.ts";
import type { ConnectionOutcome, TcpDialer } from "../kernel/ffi/tcp-socket.ts";
import { icmpErrorMeaning } from "../packet/icmp-error.ts";
import type { ProbeAddress } from "./commands.ts";
import { type Connection, Connections } from "./connections.ts";
import { createDoubts, type Doubts, type RecentSpans } from "./doubts.ts";
import { ANY_LENGTH } from "./ledger.ts";
import { createRoute } from "./route.ts";
import type { ProbeStream, Route } from "./stream.ts";
import { addRare, type IcmpErrorReason, icmpErrorReasons, STREAM } from "./tally.ts";
import type { Transport } from "./transport.ts";

/** SYNs that leave before answers are looked for. */
const BATCH = 64;
/** Of one drain; with more waiting it is unfinished, which withholds verdicts. */
const DRAIN_ROUNDS = 4096;

/** What an error of connect stands for where the kernel did not keep the ICMP message. */
const meanings: Readonly<Record<string, IcmpErrorReason>> = {
  ECONNREFUSED: "port_unreachable",
  EHOSTUNREACH: "host_unreachable",
  ENETUNREACH: "network_unreachable",
};

export interface TcpTransportDeps {
  readonly family: Family;
  readonly dialer: TcpDialer;
  readonly epoll: Epoll;
  readonly clock: KernelClock;
  readonly stalls: RecentSpans;
  /** Called for each stream whose books something changed that came in. */
  readonly touched: (stream: ProbeStream) => void;
}

/**
 * Probes that are SYNs: one connection each, which a SYN-ACK or a reset answers, and which is reset at once when it is made.
 * At the deadline it is closed, before the kernel would send the SYN again. When we were not run in time for that, the kernel
 * tells that it did: an answer after it is late.
 *
 * The RTT is the kernel's own, of the SYN. A reset leaves none behind, and when we are told of it says more about us than
 * about the path: it counts as an answer without an RTT.
 *
 * All times are monotonic, the stamps included: a step of the wall clock changes nothing here.
 */
export class TcpTransport implements Transport {
  readonly doubts: Doubts;
  private readonly deps: TcpTransportDeps;
  private readonly connections = new Connections();
  private readonly outcome: ConnectionOutcome = { answer: "none", rttNanos: 0, retransmitted: false, errno: 0 };
  private readonly error: ReportedError = { origin: "local", type: 0, code: 0, info: 0 };
  private sentInBatch = 0;

  constructor(deps: TcpTransportDeps) {
    this.deps = deps;
    this.doubts = createDoubts(deps.stalls);
  }

  get batchFull(): boolean {
    return this.sentInBatch >= BATCH;
  }

  ensureCapacity(): void {
    // a SYN has no payload
  }

  wantReceiveBuffer(): void {
    // a connection waits for one answer
  }

  attach(stream: ProbeStream, address: ProbeAddress): Route {
    return createRoute(stream, address, this);
  }

  detach(_stream: ProbeStream, route: Route): void {
    for (const connection of this.connections.open()) if (connection.route === route) end(connection);
  }

  /** A SYN waits for no company: it leaves at once. */
  put(stream: ProbeStream, route: Route, nowNanos: number): number {
    const { dialer, epoll, clock } = this.deps;
    const { ledger, sizes } = stream;
    const sequence = ledger.attempt(sizes.index, sizes.bytes, nowNanos);
    this.sentInBatch++;
    const fd = dialer.dial(route.sockaddr);
    const sentNanos = clock.monotonicNanos();
    if (fd < 0) {
      ledger.refused(sequence, errnoName(-fd));
      return 1;
    }
    const connection = this.connections.begin();
    connection.fd = fd;
    connection.stream = stream;
    connection.route = route;
    connection.sequence = sequence;
    connection.sentNanos = sentNanos;
    if (epoll.watch(fd, connection.number)) {
      ledger.sent(sequence, sentNanos);
    } else {
      end(connection);
      ledger.refused(sequence, "other");
    }
    return 1;
  }

  flush(): void {
    this.sentInBatch = 0;
  }

  drain(): void {
    const { epoll, clock } = this.deps;
    const begun = clock.monotonicNanos();
    for (let round = 0; round < DRAIN_ROUNDS; round++) {
      const ready = epoll.poll();
      this.doubts.nowNanos = clock.monotonicNanos();
      for (let i = 0; i < ready; i++) this.read(epoll.idOf(i), epoll.hasError(i));
      if (ready === EPOLL_BATCH) continue;
      this.doubts.drainedNanos = begun;
      this.closeExpired(begun);
      return;
    }
  }

  private read(number: number, failed: boolean): void {
    const connection = this.connections.find(number);
    // Closed, but still open in a child process that is just being started.
    if (!connection?.stream) return;
    const { stream, fd, sequence, sentNanos } = connection;
    this.deps.dialer.inspect(fd, failed, this.outcome);
    if (this.outcome.answer === "none") this.bookError(stream, fd);
    else this.bookAnswer(stream, sequence, sentNanos);
    this.deps.touched(stream);
    end(connection);
  }

  private bookAnswer({ ledger, timeoutNanos }: ProbeStream, sequence: number, sentNanos: number): void {
    const { doubts } = this;
    const { rttNanos, retransmitted } = this.outcome;
    if (rttNanos > 0 && !retransmitted) {
      // We may have been held up between the SYN and our look at the clock, the kernel was not.
      const leftNanos = Math.min(sentNanos, doubts.nowNanos - rttNanos);
      ledger.transmitted(sequence, leftNanos);
      ledger.replied(sequence >>> 0, ANY_LENGTH, leftNanos + rttNanos, doubts);
    } else {
      const isLate = this.cameAfter(sentNanos + timeoutNanos);
      ledger.replied(sequence >>> 0, ANY_LENGTH, isLate ? doubts.nowNanos : Number.NaN, doubts);
    }
  }

  /**
   * Did an answer that the kernel did not time surely come after the deadline? Where that is open the ledger decides by the
   * moment at which we were told.
   */
  private cameAfter(deadlineNanos: number): boolean {
    const { nowNanos, drainedNanos } = this.doubts;
    // A SYN that is sent again before the deadline is no matter of time: the target's answer to the first one spoke of an older
    // connection from this port (RFC 5961, section 4), and our kernel put that right and tried again.
    if (this.outcome.retransmitted) return nowNanos > deadlineNanos;
    return drainedNanos > deadlineNanos; // not there yet when we last looked
  }

  /** An ICMP error is no answer of the target. */
  private bookError({ tally }: ProbeStream, fd: number): void {
    const { error } = this;
    const name = errnoName(this.outcome.errno);
    if (name === "ETIMEDOUT") return;
    const meaning = this.deps.dialer.readError(fd, error)
      ? icmpErrorMeaning(this.deps.family, error.type, error.code)
      : (meanings[name] ?? "other");
    addRare(tally, STREAM.icmpErrors + icmpErrorReasons.indexOf(meaning), 1);
  }

  /** What is unanswered at its deadline is lost. A connection that waits behind one with a longer timeout is open until then. */
  private closeExpired(nowNanos: number): void {
    for (let oldest = this.connections.first(); oldest; oldest = this.connections.first()) {
      if (oldest.sentNanos + (oldest.stream?.timeoutNanos ?? 0) > nowNanos) return;
      end(oldest);
    }
  }

  close(): readonly number[] {
    for (const connection of this.connections.open()) end(connection);
    close(this.deps.epoll.fd);
    return [this.deps.epoll.fd];
  }
}

function end(connection: Connection): void {
  close(connection.fd);
  connection.fd = -1;
  connection.stream = undefined;
  connection.route = undefined;
}
