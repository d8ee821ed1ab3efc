import { type Protocol, type Scope, type Size, sizeLabel } from "../config/path.ts";

interface Labels {
  readonly path: string;
  readonly scope: Scope;
  readonly protocol: Protocol;
}

/**
 * The label sets of one path's series. The same set is the same object in each scrape, so that the exposition formats it
 * once: that is most of what a scrape of thousands of series costs.
 */
export interface PathLabels {
  readonly base: Labels;
  withSize(size: Size): Labels & { readonly size: string };
  withInfo(target: string, address: string, vmUuid: string): Labels & Record<"target" | "address" | "vm_uuid", string>;
}

export function createPathLabels(path: string, scope: Scope, protocol: Protocol): PathLabels {
  const base = { path, scope, protocol };
  const bySize = new Map<Size, Labels & { size: string }>();
  let info = { ...base, target: "", address: "", vm_uuid: "" };
  return {
    base,
    withSize(size) {
      const known = bySize.get(size) ?? { ...base, size: sizeLabel(size) };
      bySize.set(size, known);
      return known;
    },
    withInfo(target, address, vmUuid) {
      if (info.target !== target || info.address !== address || info.vm_uuid !== vmUuid) {
        info = { ...base, target, address, vm_uuid: vmUuid };
      }
      return info;
    },
  };
}
