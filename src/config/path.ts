/** Where a path's other end is. Comparing scopes tells which part of the way loses. */
export const scopes = ["colocated", "gateway", "external", "control"] as const;
export type Scope = (typeof scopes)[number];

export const protocols = ["icmp", "stamp", "tcp"] as const;
export type Protocol = (typeof protocols)[number];

/**
 * Bytes of IP payload (the ICMP message, or UDP header and payload), or how each packet gets its size: `random` draws it
 * uniformly, `mtu` fills the path MTU, `gso` sends 1,400-byte datagrams by segmentation offload, `none` is a TCP SYN.
 */
export type Size = number | "random" | "mtu" | "gso" | "none";

export const sizeLimitsBytes = { min: 28, max: 65_507 };
/** What `random` draws from, both ends included. */
export const randomSizeBytes = { min: 64, max: 1400 };
/** Authenticated STAMP has a base of 112 bytes; a padding TLV has at least 4. */
export const randomAuthenticatedMinBytes = 124;
/** One datagram of a `gso` train, and how many of them leave in one send. */
export const gsoSegmentBytes = 1400;
export const GSO_SEGMENTS = 8;

/** The probe engine keeps a fixed number of counters a path in shared memory. */
export const MAX_SIZES_PER_PATH = 8;

/** What the packets of a path ask of their socket. Plain data: streams with the same options share a socket. */
export interface SendOptions {
  /** Differentiated services code point, 0 to 63. */
  readonly dscp: number;
  /** Time to live or hop limit, 1 to 255; null: the kernel's. */
  readonly ttl: number | null;
  /** Don't fragment: a packet larger than the path MTU is refused or reported, never cut. */
  readonly df: boolean;
  /** Source address; null: the kernel's choice. */
  readonly source: string | null;
  /** Name of the interface that packets must leave by; null: the routing table's. */
  readonly device: string | null;
  /** UDP source ports that packets rotate over, so that routers with several equal ways use more of them. */
  readonly sourcePorts: number;
}

export interface PathConfig {
  /** Unique; the label `path` of every series. */
  readonly name: string;
  readonly scope: Scope;
  /** An address, a host name or `default-gateway`; see target.ts. */
  readonly target: string;
  readonly protocols: readonly Protocol[];
  readonly sizes: readonly Size[];
  /** Packets per second over all protocols and sizes. */
  readonly ratePerSecond: number;
  /** A reply that comes later is a loss (RFC 6673, Tmax). */
  readonly timeoutSeconds: number;
  /** Restricts what a name or the default gateway may resolve to. */
  readonly ipVersion?: 4 | 6;
  readonly stampPort: number;
  /** Given wherever tcp is among the protocols. */
  readonly tcpPort?: number;
  /** Holds the key of authenticated STAMP; without one it is plain. */
  readonly keyFile?: string;
  readonly send: SendOptions;
}

export const defaultSend: SendOptions = { dscp: 0, ttl: null, df: false, source: null, device: null, sourcePorts: 1 };
export const DEFAULT_STAMP_PORT = 862;

/** What a path has where its configuration is silent, in the configuration's own notation. */
export const pathDefaults = {
  protocols: ["icmp"],
  sizes: [64, 512, 1400, "random"],
  /** 64 bytes have no room for the key's digest. */
  authenticatedSizes: [120, 512, 1400, "random"],
  rate: 20,
  timeout: "1s",
} as const;

/** The sizes that a path sends over one of its protocols. */
export function sizesOver({ sizes }: PathConfig, protocol: Protocol): readonly Size[] {
  if (protocol === "tcp") return ["none"];
  return protocol === "icmp" ? sizes.filter((size) => size !== "gso") : sizes;
}

/** The value of the label `size`. */
export function sizeLabel(size: Size): string {
  return String(size);
}

/** Mean bytes of IP payload of a size; where it depends on the path, that of Ethernet. */
export function meanSizeBytes(size: Size): number {
  switch (size) {
    case "random":
      return (randomSizeBytes.min + randomSizeBytes.max) / 2;
    case "mtu":
      return 1480;
    case "gso":
      return gsoSegmentBytes;
    case "none":
      return 40; // a SYN with the options that Linux puts into it
    default:
      return size;
  }
}
