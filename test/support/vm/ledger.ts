import type { Hypervisor } from "./hypervisor.ts";
import type { Machine } from "./machine.ts";

const COMMENT = "to the guest";

/** What others count of the packets for one NIC of a guest. */
export interface CountedByOthers {
  /** nftables, of all frames that the host sent on the tap. */
  readonly sentToTap: number;
  /** `ethtool -S` in the guest, all queues. */
  readonly receivedByGuest: number;
}

/** Counts what the host sends on a tap, before a queue or the tap itself may drop it. */
export async function countSentTo({ host }: Hypervisor, tap: string): Promise<void> {
  await host.nft(`table netdev ledger {
 chain sent {
  type filter hook egress device "${tap}" priority 0; policy accept;
  counter comment "${COMMENT}"
 }
}
`);
}

/** @param device of the guest */
export async function readOthers({ host }: Hypervisor, { inGuest }: Machine, device: string): Promise<CountedByOthers> {
  const [sentToTap, statistics] = await Promise.all([host.counted(COMMENT), inGuest(`ethtool -S ${device}`)]);
  const queues = [...statistics.matchAll(/^ *rx(?:_queue_|)\d+_packets: (\d+)$/gm)].map(([, packets]) =>
    Number(packets),
  );
  if (queues.length === 0) throw new Error(`no packets by queue in: ${statistics}`);
  return { sentToTap, receivedByGuest: queues.reduce((a, b) => a + b, 0) };
}
