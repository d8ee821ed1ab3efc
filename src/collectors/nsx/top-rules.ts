/** The rules that dropped most. */
export interface TopRules<R> {
  /**
   * @param counted rules with what each dropped since NSX counts
   * @returns the first `count` of them, and those returned before that are still among the first twice as many
   */
  choose(counted: readonly CountedRule<R>[]): readonly CountedRule<R>[];
}

export interface CountedRule<R> {
  readonly rule: R;
  readonly packets: number;
}

/**
 * A rule that came and went with each reading would make gaps in its series, and an increase out of each return.
 * @param count of rules
 */
export function createTopRules<R extends { readonly path: string }>(count: number): TopRules<R> {
  let shown: ReadonlySet<string> = new Set();

  return {
    choose(counted) {
      const first = [...counted]
        .sort((a, b) => b.packets - a.packets || (a.rule.path < b.rule.path ? -1 : 1))
        .slice(0, 2 * count);
      const chosen = first.filter(({ rule }, rank) => rank < count || shown.has(rule.path));
      shown = new Set(chosen.map(({ rule }) => rule.path));
      return chosen;
    },
  };
}
