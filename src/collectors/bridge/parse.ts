import type { BridgeSettings, Link } from "../../kernel/netlink/link.ts";

/** A Linux bridge with its ports. */
export interface Bridge {
  readonly name: string;
  readonly link: Link;
  readonly settings: BridgeSettings;
  readonly ports: readonly Link[];
}

/** BR_STATE_ of linux/if_bridge.h. A port without a carrier is disabled too. */
const states = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
export type PortState = (typeof states)[number] | "unknown";
export const portStates: readonly PortState[] = states;

export function portState({ bridgePortState }: Link): PortState {
  return states[bridgePortState ?? -1] ?? "unknown";
}

/** Who decides which ports forward; empty where this kernel does not tell. */
export function stpMode({ stp }: BridgeSettings): string {
  return ["off", "kernel", "user"][stp ?? -1] ?? "";
}

export function vlanFilteringMode({ vlanFiltering }: BridgeSettings): string {
  if (vlanFiltering === undefined) return "";
  return vlanFiltering ? "on" : "off";
}

export function bridgesOf(links: Iterable<Link>): Bridge[] {
  const all = [...links];
  const ports = new Map<number, Link[]>();
  for (const link of all) {
    if (link.master === 0) continue;
    const others = ports.get(link.master);
    if (others) others.push(link);
    else ports.set(link.master, [link]);
  }
  return all.flatMap((link) =>
    link.bridge ? [{ name: link.name, link, settings: link.bridge, ports: ports.get(link.index) ?? [] }] : [],
  );
}
