import type { MessageRing } from "../kernel/ffi/message-ring.ts";
import {
  findEchoRequest,
  ipv4HeaderLength,
  PADDING_AT,
  paddingByte,
  paddingSums,
  readEchoReply,
  writeEchoChecksum,
  writeEchoRequest,
} from "../packet/icmp.ts";
import { type Codec, type Found, isFromTarget, type Reading } from "./codec.ts";
import type { Lane } from "./lane.ts";
import type { ProbeStream } from "./stream.ts";

/** ICMP and ICMPv6 echo. The packets carry the stream's mark, so a reply finds its stream by itself. */
export class EchoCodec implements Codec {
  readonly kernelBytes = 0;
  private readonly streamOf: (mark: number) => ProbeStream | undefined;
  private readonly nonce = { nonceLow: random32(), nonceHigh: random32() };
  private readonly fields = { ...this.nonce, identifier: 0, stream: 0, sequence: 0 };
  private readonly marks = { stream: 0, sequence: 0 };
  private sums: Float64Array = new Float64Array(0);

  /** @param streamOf the living stream with this mark */
  constructor(streamOf: (mark: number) => ProbeStream | undefined) {
    this.streamOf = streamOf;
  }

  /** Padding is written once and never again: packets differ in their head and their length only. */
  prepare(ring: MessageRing, dataBytes: number): void {
    for (let i = 0; i < ring.count; i++) {
      const at = ring.dataAt(i);
      for (let k = PADDING_AT; k < dataBytes; k++) ring.bytes[at + k] = paddingByte(k - PADDING_AT);
    }
    if (this.sums.length <= dataBytes - PADDING_AT) this.sums = paddingSums(dataBytes - PADDING_AT);
  }

  attach(): void {
    // nothing to remember: the stream's mark is in each packet
  }

  detach(): void {
    // as above
  }

  write({ socket, sends, waiting }: Lane, i: number, bytes: number): void {
    const { stream, sequence } = waiting[i] as Lane["waiting"][number];
    const at = sends.dataAt(i);
    this.fields.identifier = socket.identifier;
    this.fields.stream = stream?.mark ?? 0;
    this.fields.sequence = sequence >>> 0;
    writeEchoRequest(sends.words, at, socket.family, this.fields);
    if (socket.kind === "raw" && socket.family === 4) {
      // An odd last byte of padding counts as the low half of a word, and what lies behind it is not sent.
      writeEchoChecksum(sends.words, at, this.sums[bytes - PADDING_AT] as number);
    }
    sends.setDataLength(i, bytes);
  }

  number(): void {
    // the ledger's numbers serve: a refused one is just never seen
  }

  unnumber(): void {
    // as above
  }

  findSent(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean {
    const at = ring.dataAt(i);
    lane.headerHint = findEchoRequest(ring.bytes, at, length, this.nonce, lane.headerHint, this.marks);
    return lane.headerHint >= 0 && this.findMarked(found);
  }

  /** A quotation begins with the ICMP header; routers that quote its 8 bytes only leave our marks out. */
  findQuoted(_lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean {
    return (
      findEchoRequest(ring.bytes, ring.dataAt(i), length, this.nonce, 0, this.marks) >= 0 && this.findMarked(found)
    );
  }

  private findMarked(found: Found): boolean {
    found.stream = this.streamOf(this.marks.stream);
    found.sequence = this.marks.sequence;
    found.packets = 1;
    return found.stream !== undefined;
  }

  read({ socket }: Lane, ring: MessageRing, i: number, length: number, found: Found): Reading {
    const at = ring.dataAt(i);
    const withHeader = socket.kind === "raw" && socket.family === 4;
    const header = withHeader ? ipv4HeaderLength(ring.bytes, at, length) : 0;
    if (withHeader && header === 0) return "malformed";
    const reading = readEchoReply(ring.bytes, at + header, length - header, socket.family, this.nonce, this.marks);
    if (reading !== "ours") return reading;
    if (!this.findMarked(found) || !isFromTarget(ring, i, found.stream?.routes ?? [])) return "foreign";
    found.bytes = length - header;
    found.heldSeconds = 0;
    return "ours";
  }
}

function random32(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}
