import type { Network } from "../config/cidr.ts";
import { isMapped, MAPPED_WORD } from "../kernel/ffi/reflector-ring.ts";

const WORDS = 8; // four of the address, four of the mask

/** Compiles networks to one comparison of four words each, in the form of `Arrival.addresses`. */
export function compileNetworks(networks: readonly Network[]): (addresses: Uint32Array) => boolean {
  const rules = {
    4: words(networks.filter(({ family }) => family === 4)),
    6: words(networks.filter(({ family }) => family === 6)),
  };
  return (addresses) => {
    const list = isMapped(addresses, 0) ? rules[4] : rules[6];
    for (let at = 0; at < list.length; at += WORDS) if (matches(list, at, addresses)) return true;
    return false;
  };
}

function matches(list: Uint32Array, at: number, addresses: Uint32Array): boolean {
  for (let k = 0; k < 4; k++) {
    // The operator gives a signed number, the array an unsigned one.
    if (((addresses[k] as number) & (list[at + 4 + k] as number)) >>> 0 !== list[at + k]) return false;
  }
  return true;
}

function words(networks: readonly Network[]): Uint32Array {
  const list = new Uint32Array(networks.length * WORDS);
  const bytes = new Uint8Array(list.buffer);
  for (const [n, network] of networks.entries()) {
    const at = n * WORDS * 4;
    const skip = network.family === 4 ? 12 : 0;
    bytes.set(network.bytes, at + skip);
    for (let bit = 0; bit < network.prefix; bit++) {
      const byte = at + 16 + skip + (bit >> 3);
      bytes[byte] = (bytes[byte] as number) | (0x80 >> (bit & 7));
    }
    if (network.family === 4) {
      list[n * WORDS + 2] = MAPPED_WORD;
      list.fill(0xffff_ffff, n * WORDS + 4, n * WORDS + 7);
    }
  }
  return list;
}
