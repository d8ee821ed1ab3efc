import { ParseError } from "../../kernel/host.ts";

/** What became of packets that looked for their flow in one datapath. */
export interface DatapathLookups {
  /** As `system@ovs-system` or `netdev@ovs-netdev`. */
  readonly datapath: string;
  /** Their upcall to the slow path failed: dropped. */
  readonly lost: number;
}

/**
 * Reads what `ovs-appctl dpctl/show` prints: each datapath's name on a line of its own, its facts indented below.
 * @throws ParseError where a datapath's line of lookups is not understood
 */
export function parseDatapaths(text: string): DatapathLookups[] {
  const datapaths: DatapathLookups[] = [];
  let datapath = "";
  for (const line of text.split("\n")) {
    datapath = /^(\S+):\s*$/.exec(line)?.[1] ?? datapath;
    if (!/^\s+lookups:/.test(line)) continue;
    const lost = /\blost:\s*(\d+)/.exec(line)?.[1];
    if (datapath === "" || lost === undefined) {
      throw new ParseError(
        `dpctl/show: expected a datapath's lookups with lost:NUMBER, found "${line.trim().slice(0, 80)}"`,
      );
    }
    datapaths.push({ datapath, lost: Number(lost) });
  }
  return datapaths;
}

/** Packets that were dropped, by the name of the event that counts them. */
export interface DropEvent {
  readonly cause: string;
  readonly packets: number;
}

/** Reads the events from `ovs-appctl coverage/show` that count dropped packets. One that never happened is not listed there. */
export function parseDropEvents(text: string): DropEvent[] {
  return [...text.matchAll(/^(\w*drop_\w+)\s.*\btotal: (\d+)\s*$/gm)].map(([, cause = "", packets]) => {
    return { cause, packets: Number(packets) };
  });
}
