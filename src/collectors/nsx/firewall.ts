import type { Rule, RuleCount } from "./parse.ts";
import type { CountedRule } from "./top-rules.ts";

/**
 * What each rule dropped, on all enforcement points together; rules whose policy told nothing are left out.
 * @param byPolicy what policies told of their rules, by their policy paths
 */
export function countRules(
  rules: readonly Rule[],
  byPolicy: ReadonlyMap<string, readonly RuleCount[]>,
): CountedRule<Rule>[] {
  const packets = new Map<string, number>();
  for (const counts of byPolicy.values()) {
    for (const { rule, id, packets: more } of counts) {
      const key = rule === "" ? id : rule;
      packets.set(key, (packets.get(key) ?? 0) + more);
    }
  }
  return rules.flatMap((rule) => {
    const dropped = packets.get(rule.path) ?? packets.get(rule.id);
    return dropped === undefined ? [] : [{ rule, packets: dropped }];
  });
}
