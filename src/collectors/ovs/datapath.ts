import { ParseError } from "../../kernel/host.ts";

/**
 * Packets that `ovs-appctl dpctl/show DATAPATH` counts as lost: their upcall to the slow path failed.
 * @returns undefined where the text has no line of lookups @throws ParseError where that line is not understood
 */
export function parseLostUpcalls(text: string): number | undefined {
  const lookups = /^\s*lookups:.*$/m.exec(text)?.[0];
  if (lookups === undefined) return undefined;
  const lost = /\blost:\s*(\d+)/.exec(lookups)?.[1];
  if (lost !== undefined) return Number(lost);
  throw new ParseError(`dpctl/show: expected lookups with lost:NUMBER, found "${lookups.trim().slice(0, 80)}"`);
}

/**
 * Packets that all threads of a datapath in user space received, as `ovs-appctl dpif-netdev/pmd-stats-show` prints them.
 * @returns undefined where it prints none: before 2.10
 */
export function parseReceived(text: string): number | undefined {
  const threads = [...text.matchAll(/^\s*packets received:\s*(\d+)/gm)];
  return threads.length === 0 ? undefined : threads.reduce((total, [, packets]) => total + Number(packets), 0);
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
