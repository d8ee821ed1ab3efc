import { ParseError } from "../../kernel/host.ts";
import type { ReasonNames } from "./reasons.ts";

/** The kernel's description of the event skb:kfree_skb. */
export interface DropEvent {
  /** Its number, for perf_event_open. */
  readonly id: number;
  /** Empty where this kernel gives no reasons (before 5.17). */
  readonly names: ReasonNames;
}

/** events/skb/kfree_skb/format of tracefs. @param where its path @throws ParseError */
export function parseDropEvent(text: string, where: string): DropEvent {
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (id === undefined) {
    throw new ParseError(
      `${where}: expected a line such as "ID: 2310", found "${text.slice(0, 60).replaceAll("\n", " ")}"`,
    );
  }
  // The names are the last argument of the format that trace_pipe prints: { 2, "NOT_SPECIFIED" }, …
  const names = [...text.matchAll(/\{ (\d+), "(\w+)" \}/g)].map(([, value, name]): [number, string] => [
    Number(value),
    name ?? "",
  ]);
  return { id: Number(id), names: /\breason;/.test(text) ? new Map(names) : new Map() };
}
