import type { Size } from "./path.ts";
import { refuse, type Suspect } from "./refuse.ts";

const UDP_HEADER_BYTES = 8;
const TLV_HEADER_BYTES = 4;
/** Of a test packet without extensions (RFC 8762, sections 4.2.1 and 4.2.2). */
const baseBytes = { plain: 44, authenticated: 112 };

/** Sizes that a STAMP packet cannot have: under its base, or too near above it for the header of a padding TLV (RFC 8972). */
export function* wrongStampSizes(path: {
  readonly protocols: readonly string[];
  readonly sizes?: readonly Size[] | undefined;
  readonly key_file?: string | undefined;
}): Iterable<Suspect> {
  if (!path.protocols.includes("stamp")) return;
  const mode = path.key_file === undefined ? "plain" : "authenticated";
  const smallest = baseBytes[mode] + UDP_HEADER_BYTES;
  const padded = smallest + TLV_HEADER_BYTES;
  for (const [i, size] of (path.sizes ?? []).entries()) {
    if (typeof size !== "number" || size === smallest || size >= padded) continue;
    yield refuse(
      `${mode} stamp packets have ${smallest} bytes, or ${padded} and more`,
      `write ${size < smallest ? smallest : padded}`,
      ["sizes", i],
    );
  }
}
