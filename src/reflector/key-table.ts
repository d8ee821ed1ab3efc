/**
 * A hash table of fixed size for keys of 32-bit words that strangers choose: sets of eight places, and a seed that nobody
 * outside knows, so that no set can be filled on purpose. Values are arrays of the caller's, by place.
 */
export interface KeyTable {
  readonly places: number;
  /** The place of a key, or -1. */
  find(key: Uint32Array): number;
  /** Takes a place for a key that is not there: a free one, else one that may be given up; -1 without. */
  take(key: Uint32Array, mayGoUp: (place: number) => boolean): number;
  release(place: number): void;
  isUsed(place: number): boolean;
}

const WAYS = 8;

const { imul } = Math;

/**
 * @param atLeast places, rounded up to a power of two
 * @param seed 32 random bits
 */
export function createKeyTable(atLeast: number, keyWords: number, seed: number): KeyTable {
  const places = Math.max(WAYS, 2 ** Math.ceil(Math.log2(atLeast)));
  const keys = new Uint32Array(places * keyWords);
  const used = new Uint8Array(places);

  /** MurmurHash3's mixing, with a secret seed. */
  function firstPlace(key: Uint32Array): number {
    let hash = seed;
    for (let k = 0; k < keyWords; k++) {
      let word = imul(key[k] as number, 0xcc9e2d51);
      word = imul((word << 15) | (word >>> 17), 0x1b873593);
      hash ^= word;
      hash = (imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
    }
    hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) & (places / WAYS - 1)) * WAYS;
  }

  function holds(place: number, key: Uint32Array): boolean {
    const at = place * keyWords;
    for (let k = 0; k < keyWords; k++) if (keys[at + k] !== key[k]) return false;
    return true;
  }

  return {
    places,
    find(key) {
      const first = firstPlace(key);
      for (let place = first; place < first + WAYS; place++) if (used[place] === 1 && holds(place, key)) return place;
      return -1;
    },
    take(key, mayGoUp) {
      const first = firstPlace(key);
      let taken = -1;
      for (let place = first; place < first + WAYS && taken < 0; place++) if (used[place] === 0) taken = place;
      for (let place = first; place < first + WAYS && taken < 0; place++) if (mayGoUp(place)) taken = place;
      if (taken < 0) return -1;
      used[taken] = 1;
      keys.set(key, taken * keyWords);
      return taken;
    },
    release(place) {
      used[place] = 0;
    },
    isUsed: (place) => used[place] === 1,
  };
}
