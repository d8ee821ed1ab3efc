import { setImmediate as turn } from "node:timers/promises";
import { TextDecoder } from "node:util";
import { ParseError } from "../../kernel/host.ts";
import { createXmlReader, type XmlElement } from "./xml.ts";

/** After so long others have their turn. */
const TURN_MS = 5;
/** Bytes between two looks at the clock: a millisecond's work. */
const SLICE = 16 * 1024;

/** The wanted elements of a whole answer, one after the other. The event loop goes on meanwhile. @throws ParseError */
export async function readXml(
  bytes: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
  onElement: (element: XmlElement) => void,
  root: string,
): Promise<void> {
  const reader = createXmlReader(wanted, onElement, root);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let turnAt = performance.now() + TURN_MS;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += SLICE) {
      reader.write(decode(decoder, chunk.subarray(at, at + SLICE)));
      if (performance.now() < turnAt) continue;
      await turn();
      turnAt = performance.now() + TURN_MS;
    }
  }
  reader.end();
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch {
    throw new ParseError("XML: expected UTF-8, got other bytes");
  }
}
