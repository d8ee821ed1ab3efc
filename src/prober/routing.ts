import { sizeLimitsBytes } from "../config/path.ts";
import { routeMtu } from "../kernel/ffi/probe-socket.ts";
import type { ProbeAddress } from "./commands.ts";
import { roomFor } from "./sizes.ts";
import type { ProbeStream, Route } from "./stream.ts";
import { addRare, STREAM, setRare, word } from "./tally.ts";
import type { Transports } from "./transports.ts";

const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;
/** Of Ethernet, for the moment in which there is no route to ask. */
const LIKELY_MTU = 1500;
/** The kernel forgets what routers told it after ten minutes, and an interface may change any time. */
const MTU_REFRESH_NANOS = 30e9;
/** A stream is dark when as many packets in a row, over as long a time, were lost. */
const DARK_PACKETS = 20;
const DARK_NANOS = 10e9;
const ROTATE_NANOS = 60e9;

/** Which way the packets of streams take, and when they take another one. */
export class Routing {
  private readonly transports: Transports;

  constructor(transports: Transports) {
    this.transports = transports;
  }

  /** The way to the stream's address as of now; undefined where it has none, or the machine does not permit it. */
  of(stream: ProbeStream, nowNanos: number): Route | undefined {
    const { current, address } = stream;
    if (current && stream.currentAddress === address) return current;
    if (current && address && isSameAddress(current.address, address)) {
      stream.currentAddress = address;
      return current;
    }
    return this.begin(stream, nowNanos);
  }

  private begin(stream: ProbeStream, nowNanos: number, openedAfter?: number): Route | undefined {
    const { address, protocol, send, key } = stream;
    if (!address) return undefined;
    const wanted = { protocol, send, family: address.family, authenticated: key !== null };
    const transport = this.transports.acquire(wanted, nowNanos, openedAfter);
    if (!transport) return undefined;
    const route = transport.attach(stream, address);
    stream.routes.push(route);
    stream.current = route;
    stream.currentAddress = address;
    if (stream.mtuDueNanos < Number.POSITIVE_INFINITY) this.refreshMtu(stream, route, nowNanos);
    this.makeRoom(stream, route);
    return route;
  }

  makeRoom(stream: ProbeStream, route: Route): void {
    const { sendBytes, replyBytes } = roomFor(stream.allSizes, stream.sizes.mtuBytes);
    route.transport.ensureCapacity(sendBytes, replyBytes);
  }

  /** Asks the kernel for the path MTU where that is due. */
  checkMtu(stream: ProbeStream, nowNanos: number): void {
    const route = stream.routes.at(-1);
    if (nowNanos < stream.mtuDueNanos || !route) return;
    this.refreshMtu(stream, route, nowNanos);
    this.makeRoom(stream, route);
  }

  private refreshMtu(stream: ProbeStream, route: Route, nowNanos: number): void {
    stream.mtuDueNanos = nowNanos + MTU_REFRESH_NANOS;
    const bytes = routeMtu(route.family, route.sockaddr, { ...stream.send, df: false });
    setRare(stream.tally, STREAM.pathMtu, bytes);
    setMtu(stream, route, bytes || LIKELY_MTU);
  }

  /** A router told what it passes on: packets that fill the path MTU shrink at once. */
  learnedMtu(stream: ProbeStream, bytes: number): void {
    const route = stream.routes.at(-1);
    const known = word(stream.tally, STREAM.pathMtu);
    if (!route || (known > 0 && bytes >= known)) return;
    setRare(stream.tally, STREAM.pathMtu, bytes);
    setMtu(stream, route, bytes);
  }

  /**
   * A stream that nothing answers takes another identifier or source port, because a firewall may hold the old one against
   * it. Its packets are the same otherwise.
   */
  rotateWhenDark(stream: ProbeStream, nowNanos: number): void {
    const { tally } = stream;
    const since = word(tally, STREAM.openRunSince);
    const isDark = since > 0 && nowNanos - since > DARK_NANOS && word(tally, STREAM.openRunPackets) >= DARK_PACKETS;
    const current = stream.routes.at(-1);
    if (!isDark || !current || stream.protocol === "tcp" || nowNanos - stream.rotatedNanos < ROTATE_NANOS) return;
    const route = this.begin(stream, nowNanos, Math.max(since, stream.rotatedNanos));
    stream.rotatedNanos = nowNanos;
    if (route && route.transport !== current.transport) addRare(tally, STREAM.rotations, 1);
  }

  /**
   * Verdicts and directions as far as they can be given now; ways on which nothing is open any more are left.
   * @param isFinished the stream sends nothing any more
   */
  judge(stream: ProbeStream, nowNanos: number, isFinished: boolean): void {
    const { ledger, routes, tally } = stream;
    for (let k = 0; k < routes.length; k++) {
      const route = routes[k] as Route;
      const end = routes[k + 1]?.firstSequence ?? Number.POSITIVE_INFINITY;
      ledger.judge(route.transport.doubts, end);
      for (const session of route.sessions) session.decide(ledger, tally, nowNanos, 2 * stream.timeoutNanos);
      if (ledger.unjudgedFrom < end) break;
    }
    while (
      routes.length > 1 &&
      ledger.unjudgedFrom >= (routes[1] as Route).firstSequence &&
      isSettled(routes[0] as Route)
    ) {
      this.leave(stream, routes.shift() as Route);
    }
    if (isFinished && !isOpen(stream)) for (const route of routes) giveUp(stream, route);
  }

  /** The stream is no more. */
  end(stream: ProbeStream): void {
    for (const route of stream.routes) this.leave(stream, route);
    stream.routes = [];
    stream.current = undefined;
  }

  private leave(stream: ProbeStream, route: Route): void {
    giveUp(stream, route);
    route.transport.detach(stream, route);
    this.transports.release(route.transport);
  }
}

function isSameAddress(a: ProbeAddress, b: ProbeAddress): boolean {
  return a.address === b.address && a.zoneIndex === b.zoneIndex;
}

/** Is there anything left to say about packets that were sent? */
export function isOpen({ ledger, routes }: ProbeStream): boolean {
  if (ledger.unjudged > 0) return true;
  for (const route of routes) if (!isSettled(route)) return true;
  return false;
}

function isSettled({ sessions }: Route): boolean {
  for (const session of sessions) if (!session.settled) return false;
  return true;
}

function giveUp({ tally }: ProbeStream, { sessions }: Route): void {
  for (const session of sessions) session.giveUp(tally);
}

function setMtu(stream: ProbeStream, { family }: Route, packetBytes: number): void {
  stream.sizes.mtuBytes = Math.min(packetBytes - IP_HEADER_BYTES[family], sizeLimitsBytes.max);
}
