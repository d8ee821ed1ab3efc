import { ParseError } from "../../kernel/host.ts";
import { XdrReader, xdrU32 } from "./xdr.ts";

/** Messages of libvirt's RPC (its src/rpc/virnetprotocol.x): a length that counts itself, six words of header, a body. */
export interface Message {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
  readonly body: Uint8Array;
}

export const messageType = { call: 0, reply: 1, message: 2 } as const;
export const messageStatus = { ok: 0, error: 1 } as const;

const LENGTH_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + 6 * 4;
/** VIR_NET_MESSAGE_MAX, and the length itself. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024 + LENGTH_BYTES;

export function encodeMessage({ program, version, procedure, type, serial, status, body }: Message): Uint8Array {
  const length = HEADER_BYTES + body.length;
  return Buffer.concat([xdrU32(length, program, version, procedure, type, serial, status), body]);
}

function decodeMessage(bytes: Uint8Array): Message {
  const header = new XdrReader(bytes.subarray(LENGTH_BYTES, HEADER_BYTES));
  return {
    program: header.u32(),
    version: header.u32(),
    procedure: header.i32(),
    type: header.u32(),
    serial: header.u32(),
    status: header.u32(),
    body: bytes.subarray(HEADER_BYTES),
  };
}

function lengthOf(bytes: Uint8Array): number {
  const length = new XdrReader(bytes).u32();
  if (length >= HEADER_BYTES && length <= MAX_MESSAGE_BYTES) return length;
  throw new ParseError(
    `libvirt's answer: expected a length from ${HEADER_BYTES} to ${MAX_MESSAGE_BYTES} bytes, got ${length}`,
  );
}

/**
 * The messages of a stream, one by one.
 * @throws ParseError at a length that no message has, and where the stream ends within one
 */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Message, void, undefined> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    held += chunk.length;
    while (held >= (length || LENGTH_BYTES)) {
      const bytes = Buffer.concat(parts);
      if (length > 0) {
        yield decodeMessage(bytes.subarray(0, length));
        parts = [bytes.subarray(length)];
        held -= length;
        length = 0;
      } else {
        parts = [bytes];
        length = lengthOf(bytes);
      }
    }
  }
  if (held > 0) {
    throw new ParseError(
      `libvirt's answer: expected ${length || LENGTH_BYTES} bytes, got ${held} and the end of the stream`,
    );
  }
}
