/** The kernel's feature names behind each offload; it is on while any of them is active, as the tool ethtool shows it. */
const featuresByOffload: Readonly<Record<string, readonly string[]>> = {
  tso: ["tx-tcp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation", "tx-tcp6-segmentation"],
  gso: ["tx-generic-segmentation"],
  gro: ["rx-gro"],
  lro: ["rx-lro"],
  gro_hw: ["rx-gro-hw"],
  uso: ["tx-udp-segmentation"],
  tunnel_tso: ["tx-udp_tnl-segmentation"],
  rx_checksum: ["rx-checksum"],
  tx_checksum: [
    "tx-checksum-ipv4",
    "tx-checksum-ip-generic",
    "tx-checksum-ipv6",
    "tx-checksum-fcoe-crc",
    "tx-checksum-sctp",
  ],
  scatter_gather: ["tx-scatter-gather", "tx-scatter-gather-fraglist"],
};

/** Commands of kernels without ETHTOOL_GFEATURES, one a flag; `bit` where the flag shares a word with others. */
export const legacyOffloads = [
  { offload: "rx_checksum", command: 0x14, bit: 0 },
  { offload: "tx_checksum", command: 0x16, bit: 0 },
  { offload: "scatter_gather", command: 0x18, bit: 0 },
  { offload: "tso", command: 0x1e, bit: 0 },
  { offload: "gso", command: 0x23, bit: 0 },
  { offload: "lro", command: 0x25, bit: 15 },
  { offload: "gro", command: 0x2b, bit: 0 },
] as const;

export interface Offload {
  readonly offload: string;
  readonly enabled: boolean;
}

/** An offload of which this kernel knows no feature is left out. */
export function offloadsOf(known: readonly string[], active: ReadonlySet<string>): Offload[] {
  return Object.entries(featuresByOffload)
    .filter(([, features]) => features.some((feature) => known.includes(feature)))
    .map(([offload, features]) => ({ offload, enabled: features.some((feature) => active.has(feature)) }));
}
