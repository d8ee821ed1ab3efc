import { createHash } from "node:crypto";
import type { Inventory } from "./inventory.ts";

/** Which hosts are read, with their machines. */
export interface HostChoice {
  /** Names of clusters, with * and ?; empty: all. */
  readonly clusters: readonly string[];
  readonly shard: { readonly index: number; readonly count: number };
}

export function readsAllHosts({ clusters, shard }: HostChoice): boolean {
  return clusters.length === 0 && shard.count === 1;
}

function matcher(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}

/** The same in every exporter that shares the work, as long as nobody renames the host. */
function shardOf(name: string, count: number): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) % count;
}

/** Ids of the hosts that are chosen. */
export function chooseHosts({ clusters, shard }: HostChoice, inventory: Inventory): ReadonlySet<string> {
  const patterns = clusters.map(matcher);
  const chosen = [...inventory.HostSystem].filter(([, { name = "", cluster = "" }]) => {
    const clusterName = inventory.ComputeResource.get(cluster)?.name ?? "";
    const wanted = patterns.length === 0 || patterns.some((pattern) => pattern.test(clusterName));
    return wanted && shardOf(name, shard.count) === shard.index;
  });
  return new Set(chosen.map(([id]) => id));
}
