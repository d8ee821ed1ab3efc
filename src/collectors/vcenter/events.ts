import type { VimClient } from "./client.ts";
import { returnedRef, type VimSession } from "./session.ts";
import { group, type ObjectRef, tag } from "./soap.ts";
import { textAt, type XmlElement } from "./xml.ts";

export type VmEvent = "vmotion" | "drs" | "relocation" | "snapshot";

/** Migrations, each of which holds the machine for a moment at its end. Snapshots have no event of their own. */
const events: Readonly<Record<string, VmEvent>> = {
  VmMigratedEvent: "vmotion",
  DrsVmMigratedEvent: "drs",
  VmRelocatedEvent: "relocation",
};
const EVENTS_AT_ONCE = 500;
const MAX_PAGES = 20;
const RECENT_MS = 5 * 60_000;

export interface VmEvents {
  happened(vm: string, event: VmEvent): void;
  /** Counts the migrations since the last call. @throws VimFault, ServerError */
  update(client: VimClient, session: VimSession): Promise<void>;
  /** Each event that a machine has had since the exporter's start. */
  of(vm: string): readonly { readonly event: VmEvent; readonly count: number; readonly recent: boolean }[];
}

export function createVmEvents(monotonicMs: () => number): VmEvents {
  const counts = new Map<string, Map<VmEvent, { count: number; atMs: number }>>();
  let history: { readonly session: VimSession; readonly collector: ObjectRef } | undefined;
  let newestKey = 0;
  let newestTime: string | undefined;

  /** What happened before the exporter's start is nobody's cause now. */
  async function openHistory(client: VimClient, session: VimSession, manager: ObjectRef): Promise<ObjectRef> {
    const [now] = await client.ask("CurrentTime", { kind: "ServiceInstance", id: "ServiceInstance" });
    newestTime ??= textAt(now) ?? new Date().toISOString();
    const types = Object.keys(events).map((type) => tag("eventTypeId", type));
    const filter = group(
      "filter",
      group("time", tag("beginTime", newestTime)),
      tag("disableFullMessage", true),
      ...types,
    );
    const collector = returnedRef(
      "CreateCollectorForEvents",
      await client.ask("CreateCollectorForEvents", manager, filter),
    );
    history = { session, collector };
    return collector;
  }

  function happened(vm: string, event: VmEvent): void {
    const ofVm = counts.get(vm) ?? new Map();
    counts.set(vm, ofVm.set(event, { count: (ofVm.get(event)?.count ?? 0) + 1, atMs: monotonicMs() }));
  }

  function count(element: XmlElement): void {
    const key = Number(textAt(element, "key"));
    if (!(key > newestKey)) return;
    newestKey = key;
    newestTime = textAt(element, "createdTime") ?? newestTime;
    const vm = textAt(element, "vm", "vm");
    const event = events[element.type ?? ""];
    if (vm !== undefined && event !== undefined) happened(vm, event);
  }

  return {
    happened,
    async update(client, session) {
      const { eventManager } = session;
      if (!eventManager) return;
      const collector =
        history?.session === session ? history.collector : await openHistory(client, session, eventManager);
      for (let page = 0; page < MAX_PAGES; page++) {
        const found = await client.ask("ReadNextEvents", collector, tag("maxCount", EVENTS_AT_ONCE));
        for (const element of found) count(element);
        if (found.length < EVENTS_AT_ONCE) return;
      }
    },
    of(vm) {
      const known = counts.get(vm) ?? new Map<VmEvent, { count: number; atMs: number }>();
      return [...known].map(([event, { count, atMs }]) => ({ event, count, recent: monotonicMs() - atMs < RECENT_MS }));
    },
  };
}
