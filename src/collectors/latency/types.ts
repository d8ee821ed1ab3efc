import type { KernelTypes } from "../../kernel/bpf/btf.ts";
import { SourceAbsentError } from "../../kernel/host.ts";

/**
 * Where a tracepoint has the arguments of these names, and the type by which programs are attached to it.
 * @throws SourceAbsentError where this kernel has no such tracepoint, or other arguments
 */
export function argumentPlaces<N extends string>(
  types: KernelTypes,
  tracepoint: string,
  ...names: readonly N[]
): Readonly<Record<N, number>> & { readonly typeId: number } {
  const known = types.tracepoint(tracepoint);
  if (!known) throw new SourceAbsentError(`this kernel's types have no tracepoint ${tracepoint}`);
  const places = names.map((name): [N, number] => [name, known.arguments.indexOf(name)]);
  const missing = places.find(([, place]) => place < 0);
  if (missing) {
    const found = known.arguments.join(", ");
    throw new SourceAbsentError(`tracepoint ${tracepoint}: expected an argument ${missing[0]}, found ${found}`);
  }
  return { ...(Object.fromEntries(places) as Record<N, number>), typeId: known.typeId };
}
