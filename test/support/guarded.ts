/** Memory of which one part may be looked at: any read beside it throws. @param from, end indices of that part */
export function guarded<T extends Uint8Array | Uint32Array>(memory: T, from: number, end: number): T {
  return new Proxy(memory, {
    get(target, key) {
      const index = typeof key === "string" ? Number(key) : Number.NaN;
      if (!Number.isNaN(index) && !(Number.isInteger(index) && index >= from && index < end)) {
        throw new Error(`read at ${index}, outside of ${from} to ${end}`);
      }
      return Reflect.get(target, key, target);
    },
  });
}
