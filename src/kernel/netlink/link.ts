import { ParseError } from "../host.ts";
import { type Attributes, nested, readAttributes, textOf, u8Of, u32Of, u64At } from "./attributes.ts";
import { dumpRequest, type NetlinkMessage } from "./message.ts";
import { readU32 } from "./native-order.ts";

// linux/rtnetlink.h and linux/if_link.h.
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
/** struct ifinfomsg: u8 family, u16 type, i32 index, u32 flags, u32 change. */
const IFINFOMSG_BYTES = 16;
const INDEX_AT = 4;
const FLAGS_AT = 8;
const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;
const IFLA = { name: 3, master: 10, linkInfo: 18, statistics: 23 } as const;
const wanted = new Set<number>(Object.values(IFLA));
const INFO = { kind: 1, data: 2, portKind: 4, portData: 5 } as const;
const BRIDGE = { stp: 5, vlanFiltering: 7 } as const;
const PORT_STATE = 1;
/** Offsets in struct rtnl_link_stats64. */
const STATISTICS = { rxPackets: 0, txPackets: 8, rxDropped: 48, txDropped: 56 } as const;

/** Packets since the interface was made. */
export interface LinkStatistics {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxDropped: number;
  readonly txDropped: number;
}

/** A network interface as the kernel lists it; a fact that this kernel does not tell is undefined. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** What it was made as: bridge, tun, veth, vlan …; empty for a card. */
  readonly kind: string;
  /** Switched on. */
  readonly up: boolean;
  /** There is somebody at the other end: a cable, a peer, a process that has the tap open. */
  readonly carrier: boolean;
  /** Index of the bridge, bond or the like that it is a port of; 0 where it is none. */
  readonly master: number;
  readonly statistics: LinkStatistics | undefined;
  readonly bridge: BridgeSettings | undefined;
  /** State of the spanning tree in a Linux bridge's port, 0 to 4. */
  readonly bridgePortState: number | undefined;
}

export interface BridgeSettings {
  /** 0 off, 1 the kernel's, 2 a daemon's. */
  readonly stp: number | undefined;
  readonly vlanFiltering: boolean | undefined;
}

/** Asks for all interfaces. No privilege is needed. */
export function linksRequest(): Uint8Array {
  return dumpRequest(RTM_GETLINK, new Uint8Array(IFINFOMSG_BYTES));
}

function statisticsOf(attributes: Attributes): LinkStatistics | undefined {
  const struct = attributes.get(IFLA.statistics);
  const [rxPackets, txPackets] = [u64At(struct, STATISTICS.rxPackets), u64At(struct, STATISTICS.txPackets)];
  const [rxDropped, txDropped] = [u64At(struct, STATISTICS.rxDropped), u64At(struct, STATISTICS.txDropped)];
  if (rxPackets === undefined || txPackets === undefined || rxDropped === undefined || txDropped === undefined) {
    return undefined;
  }
  return { rxPackets, txPackets, rxDropped, txDropped };
}

function bridgeSettings(data: Attributes): BridgeSettings {
  const filtering = u8Of(data, BRIDGE.vlanFiltering);
  return { stp: u32Of(data, BRIDGE.stp), vlanFiltering: filtering === undefined ? undefined : filtering !== 0 };
}

function parseLink({ payload }: NetlinkMessage): Link {
  if (payload.length < IFINFOMSG_BYTES) {
    throw new ParseError(`netlink link: expected at least ${IFINFOMSG_BYTES} bytes, got ${payload.length}`);
  }
  const index = readU32(payload, INDEX_AT);
  const what = `link ${index}`;
  const attributes = readAttributes(payload.subarray(IFINFOMSG_BYTES), what, wanted);
  const info = nested(attributes, IFLA.linkInfo, what);
  const kind = textOf(info, INFO.kind);
  const flags = readU32(payload, FLAGS_AT);
  const isPort = textOf(info, INFO.portKind) === "bridge";
  return {
    index,
    name: textOf(attributes, IFLA.name),
    kind,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    master: u32Of(attributes, IFLA.master) ?? 0,
    statistics: statisticsOf(attributes),
    bridge: kind === "bridge" ? bridgeSettings(nested(info, INFO.data, what)) : undefined,
    bridgePortState: isPort ? u8Of(nested(info, INFO.portData, what), PORT_STATE) : undefined,
  };
}

/** The interfaces of a dump by their index, in the kernel's order. @throws ParseError naming the interface */
export function parseLinks(messages: readonly NetlinkMessage[]): ReadonlyMap<number, Link> {
  const links = messages.filter(({ type }) => type === RTM_NEWLINK).map(parseLink);
  return new Map(links.map((link) => [link.index, link]));
}
