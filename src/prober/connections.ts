import type { ProbeStream, Route } from "./stream.ts";

const FIRST_PLACES = 64;
const NONE = -1;

/** A connection that is being made, which is one probe in flight. */
export interface Connection {
  /** In the order in which connections were begun; 32 bits, which wrap. */
  number: number;
  /** -1: it is closed. */
  fd: number;
  stream: ProbeStream | undefined;
  route: Route | undefined;
  /** In the stream's ledger. */
  sequence: number;
  /** Monotonic, read when the SYN had left. */
  sentNanos: number;
}

/** The connections in flight, in the order in which they were begun. Places are used again; it grows with the most there were. */
export class Connections {
  private places = Array.from({ length: FIRST_PLACES }, emptyPlace);
  /** Numbers of the oldest one that may be open, and of the next one. */
  private oldest = 0;
  private next = 0;

  /** The place of one more, for the caller to fill. */
  begin(): Connection {
    if (this.next - this.oldest === this.places.length) this.grow();
    const place = this.placeOf(this.next);
    place.number = this.next++ >>> 0;
    return place;
  }

  /** The connection with this number; undefined where it is closed. */
  find(number: number): Connection | undefined {
    const place = this.placeOf(number);
    return place.number === number && place.fd !== NONE ? place : undefined;
  }

  private placeOf(number: number): Connection {
    return this.places[number & (this.places.length - 1)] as Connection;
  }

  /** The oldest one that is open; undefined where none is. */
  first(): Connection | undefined {
    for (; this.oldest < this.next; this.oldest++) {
      const place = this.placeOf(this.oldest);
      if (place.fd !== NONE) return place;
    }
    return undefined;
  }

  *open(): Iterable<Connection> {
    for (let number = this.oldest; number < this.next; number++) {
      const place = this.placeOf(number);
      if (place.fd !== NONE) yield place;
    }
  }

  /** Numbers keep their connections. */
  private grow(): void {
    const places = Array.from({ length: this.places.length * 2 }, emptyPlace);
    for (let number = this.oldest; number < this.next; number++) {
      places[number & (places.length - 1)] = this.placeOf(number);
    }
    this.places = places;
  }
}

function emptyPlace(): Connection {
  return { number: 0, fd: NONE, stream: undefined, route: undefined, sequence: 0, sentNanos: 0 };
}
