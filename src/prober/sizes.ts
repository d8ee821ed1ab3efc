import { GSO_SEGMENTS, gsoSegmentBytes, randomSizeBytes, type Size } from "../config/path.ts";
import type { StreamSizes } from "./commands.ts";

/** Chooses the size of each packet of a stream. */
export interface SizePicker {
  /** Index of the size of the packet that `pick` chose. */
  index: number;
  /** Bytes of IP payload of that packet. */
  bytes: number;
  /** Is it the first of a train that leaves in one send (`gso`)? */
  isTrain: boolean;
  /** What `mtu` comes to; whoever learns the path MTU sets it. */
  mtuBytes: number;
  pick(): void;
}

/**
 * Sizes are interleaved packet by packet in blocks that hold each size once, in an order drawn anew: a fixed order would
 * alias with loss that has a period.
 * @param random uniform in [0, 1)
 */
export function createSizePicker(
  { known, active }: StreamSizes,
  random: () => number,
  randomMinBytes: number = randomSizeBytes.min,
): SizePicker {
  const uniform = (min: number, max: number) => min + Math.floor(random() * (max - min + 1));
  const order = Uint8Array.from(active);
  let at = order.length;
  let trainTurns = 0;

  function shuffle(): void {
    for (let i = order.length - 1; i > 0; i--) {
      const j = uniform(0, i);
      const other = order[j] as number;
      order[j] = order[i] as number;
      order[i] = other;
    }
    at = 0;
  }

  /** A train is several packets: for an equal share among the sizes it leaves in every so manieth block only. */
  function waitsForItsTurn(): boolean {
    return order.length > 1 && ++trainTurns % GSO_SEGMENTS !== 0;
  }

  function bytesOf(size: Size): number {
    switch (size) {
      case "random":
        return uniform(randomMinBytes, randomSizeBytes.max);
      case "mtu":
        return picker.mtuBytes;
      default:
        return fixedBytes(size);
    }
  }

  const picker: SizePicker = {
    index: 0,
    bytes: 0,
    isTrain: false,
    mtuBytes: 0,
    pick() {
      do {
        if (at === order.length) shuffle();
        picker.index = order[at++] as number;
        picker.isTrain = known[picker.index] === "gso";
      } while (picker.isTrain && waitsForItsTurn());
      picker.bytes = bytesOf(known[picker.index] as Size);
    },
  };
  return picker;
}

/** What these sizes can come to, in bytes of IP payload. */
export interface Room {
  /** In one send; a train is one. */
  readonly sendBytes: number;
  readonly replyBytes: number;
}

export function roomFor({ known }: StreamSizes, mtuBytes: number): Room {
  const bytes = known.map((size) =>
    size === "random" ? randomSizeBytes.max : size === "mtu" ? mtuBytes : fixedBytes(size),
  );
  const replyBytes = Math.max(...bytes);
  return {
    replyBytes,
    sendBytes: known.includes("gso") ? Math.max(replyBytes, GSO_SEGMENTS * gsoSegmentBytes) : replyBytes,
  };
}

function fixedBytes(size: Exclude<Size, "random" | "mtu">): number {
  if (size === "gso") return gsoSegmentBytes;
  return size === "none" ? 0 : size;
}
