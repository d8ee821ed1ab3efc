/** Where a path's other end is. Comparing scopes tells which part of the way loses. */
export const scopes = ["colocated", "gateway", "external", "control"] as const;
export type Scope = (typeof scopes)[number];

export const protocols = ["icmp"] as const;
export type Protocol = (typeof protocols)[number];

/** Bytes of IP payload (for icmp: the ICMP message), or a uniformly drawn size for each packet. */
export type Size = number | "random";

export const sizeLimitsBytes = { min: 28, max: 65_507 };
/** What `random` draws from, both ends included. */
export const randomSizeBytes = { min: 64, max: 1400 };

/** The probe engine keeps a fixed number of counters a path in shared memory. */
export const MAX_SIZES_PER_PATH = 8;

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
}

/** What a path has where its configuration is silent, in the configuration's own notation. */
export const pathDefaults = {
  protocols: ["icmp"],
  sizes: [64, 512, 1400, "random"],
  rate: 20,
  timeout: "1s",
} as const satisfies { protocols: readonly Protocol[]; sizes: readonly Size[]; rate: number; timeout: string };

/** The value of the label `size`. */
export function sizeLabel(size: Size): string {
  return String(size);
}

/** Mean bytes of IP payload of a size. */
export function meanSizeBytes(size: Size): number {
  return size === "random" ? (randomSizeBytes.min + randomSizeBytes.max) / 2 : size;
}
