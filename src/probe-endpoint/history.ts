/** One finished run. */
export interface HistoryEntry {
  readonly id: number;
  /** Epoch. */
  readonly atSeconds: number;
  readonly target: string;
  readonly module: string;
  /** Failed, cut short or losing. */
  readonly notable: boolean;
  readonly summary: string;
  readonly transcript: string;
}

/** The latest runs, those with trouble kept longest: they are what somebody comes to look for. */
export interface RunHistory {
  add(entry: Omit<HistoryEntry, "id">): void;
  /** Newest first. */
  list(): readonly HistoryEntry[];
  find(id: number): HistoryEntry | undefined;
  clear(): void;
}

/** @param places in all, of which `reserved` are for runs with trouble as long as there are that many */
export function createRunHistory(places: number, reserved: number): RunHistory {
  let entries: readonly HistoryEntry[] = [];
  let lastId = 0;

  function withoutOne(full: readonly HistoryEntry[]): readonly HistoryEntry[] {
    const protect = full.filter(({ notable }) => notable).length <= reserved;
    const victim = full.find(({ notable }) => !(protect && notable)) ?? full[0];
    return full.filter((entry) => entry !== victim);
  }

  return {
    add(entry) {
      const longer = [...entries, { ...entry, id: ++lastId }];
      entries = longer.length > places ? withoutOne(longer) : longer;
    },
    list: () => [...entries].reverse(),
    find: (id) => entries.find((entry) => entry.id === id),
    clear() {
      entries = [];
    },
  };
}
