import { setImmediate as turn } from "node:timers/promises";
import { type Host, NotPermittedError, SourceAbsentError } from "../kernel/host.ts";
import { isQemuName, vhostOwner } from "../vm/qemu-threads.ts";

/** Rounds for which something new is looked at each time: it may not have become what it will be. */
const YOUNG_ROUNDS = 3;
/** Afterwards once in so many, a minute. */
const PERIOD_ROUNDS = 12;

/**
 * Is it time to look again at something that changes seldom? Things with different numbers take turns, so that no round has to
 * look at all of them.
 */
export function isDue(round: number, sinceRound: number, number: number, period: number = PERIOD_ROUNDS): boolean {
  return round - sinceRound < YOUNG_ROUNDS || (round + number) % period === 0;
}

/** Processes between two turns of the event loop: names of new ones take some 10 µs each. */
const PROCESSES_A_TURN = 100;

/** Processes that bear on virtual machines, by their numbers in /proc. */
export interface FoundProcesses {
  readonly qemu: readonly string[];
  /** Kernel threads of vhost by the process that they work for. */
  readonly vhost: ReadonlyMap<string, readonly string[]>;
}

type Kind = "qemu" | "other" | { readonly vhostOf: string };

interface Seen {
  readonly kind: Kind;
  readonly sinceRound: number;
}

/** Empty where the process has ended, or is hidden from us (hidepid=1). */
function readName(host: Host, pid: string): string {
  try {
    return host.readNow(`/proc/${pid}/comm`);
  } catch (error) {
    if (error instanceof SourceAbsentError || error instanceof NotPermittedError) return "";
    throw error;
  }
}

function kindOf(host: Host, pid: string): Kind {
  const comm = readName(host, pid);
  if (isQemuName(comm)) return "qemu";
  const owner = vhostOwner(comm);
  return owner === undefined ? "other" : { vhostOf: owner };
}

/**
 * Finds the processes of QEMU in rounds, cheaply: each is looked at when it is new and, because a process may become QEMU by
 * exec, a few times more; names are read, command lines never, for these wait for a lock of the process.
 */
export function trackProcesses(host: Host): (round: number) => Promise<FoundProcesses> {
  let seen = new Map<string, Seen>();

  function look(pid: string, round: number): Seen {
    const before = seen.get(pid);
    if (before && (before.kind !== "other" || !isDue(round, before.sinceRound, Number(pid)))) return before;
    return { kind: kindOf(host, pid), sinceRound: before?.sinceRound ?? round };
  }

  return async (round) => {
    const now = new Map<string, Seen>();
    for (const pid of (await host.list("/proc")).filter((name) => /^\d+$/.test(name))) {
      now.set(pid, look(pid, round));
      if (now.size % PROCESSES_A_TURN === 0) await turn();
    }
    seen = now;
    const vhost = new Map<string, string[]>();
    for (const [pid, { kind }] of now) {
      if (typeof kind === "object") vhost.set(kind.vhostOf, [...(vhost.get(kind.vhostOf) ?? []), pid]);
    }
    return { qemu: [...now].filter(([, { kind }]) => kind === "qemu").map(([pid]) => pid), vhost };
  };
}
