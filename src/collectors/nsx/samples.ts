import { type AnySample, type Sample, sample } from "../../metrics/define.ts";
import { limitSamples } from "../../vm/samples.ts";
import { type LimitProfile, tightest } from "./limits.ts";
import { nsxMetrics as m } from "./metrics.ts";
import { type Binding, type FloodProfile, lastPartOf, type Named, type Rule } from "./parse.ts";
import { addDrops, type SegmentDrops } from "./segment-statistics.ts";
import type { CountedRule } from "./top-rules.ts";

/** Names need not be different, series do: what has one name is one. */
function byName<T extends { readonly name: string }>(named: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of named) {
    const group = groups.get(one.name) ?? [];
    group.push(one);
    groups.set(one.name, group);
  }
  return groups;
}

/** Profiles that hold for each object, by its policy path. */
export function profilesBy<P extends { readonly path: string }>(
  profiles: readonly P[],
  bindings: readonly Binding[],
): ReadonlyMap<string, readonly P[]> {
  const byPath = new Map(profiles.map((profile) => [profile.path, profile]));
  const held = new Map<string, P[]>();
  for (const { of, profile } of bindings) {
    const bound = profile === undefined ? undefined : byPath.get(profile);
    if (bound) held.set(of, [...(held.get(of) ?? []), bound]);
  }
  return held;
}

/** Limits of segments; of several segments with one name, the tightest. */
export function segmentLimitSamples(
  segments: readonly Named[],
  profiles: ReadonlyMap<string, readonly LimitProfile[]>,
): AnySample[] {
  return [...byName(segments)].flatMap(([network, namesakes]) => {
    const limits = namesakes.flatMap(({ path }) => profiles.get(path) ?? []).flatMap((profile) => profile.limits);
    return tightest(limits).flatMap((limit) => limitSamples({ source: "segment", network }, limit));
  });
}

/** Those are counted on before the first one: by a limit that is set, and by any firewall. */
function isShown({ cause, packets }: SegmentDrops, isLimited: boolean): boolean {
  return packets > 0 || cause === "firewall" || (isLimited && cause.startsWith("rate_limit"));
}

/** Drops of segments; of several with one name the sum, once all of them are known. */
export function segmentDropSamples(
  server: string,
  segments: readonly Named[],
  drops: ReadonlyMap<string, readonly SegmentDrops[]>,
  isLimited: (path: string) => boolean,
): Sample[] {
  return [...byName(segments)].flatMap(([network, namesakes]) => {
    const known = namesakes.flatMap(({ path }) => drops.get(path) ?? []);
    if (namesakes.some(({ path }) => !drops.has(path))) return [];
    const limited = namesakes.some(({ path }) => isLimited(path));
    return addDrops(known)
      .filter((one) => isShown(one, limited))
      .map(({ cause, direction, packets }) => sample(m.segmentDrops, { server, network, direction, cause }, packets));
  });
}

/** Flood protection: limits of each profile, and the groups that it holds for. */
export function floodSamples(
  server: string,
  profiles: readonly FloodProfile[],
  bindings: readonly Binding[],
  groupNames: ReadonlyMap<string, string>,
): Sample[] {
  const names = new Map(profiles.map(({ path, name }) => [path, name]));
  const bound = bindings.flatMap(({ of, profile: path }) => {
    const profile = path === undefined ? undefined : (names.get(path) ?? lastPartOf(path));
    return profile === undefined ? [] : [{ profile, group: groupNames.get(of) ?? lastPartOf(of) }];
  });
  const different = new Map(bound.map((one) => [`${one.profile}\n${one.group}`, one]));
  return [
    ...[...byName(profiles)].flatMap(([profile, namesakes]) => {
      const limits = new Map<string, number>();
      for (const [flows, limit] of namesakes.flatMap((one) => [...one.limits])) {
        limits.set(flows, Math.min(limit, limits.get(flows) ?? limit));
      }
      return [...limits].map(([flows, limit]) => sample(m.floodLimit, { server, profile, flows }, limit));
    }),
    ...[...different.values()].map((labels) => sample(m.floodBinding, { server, ...labels }, 1)),
  ];
}

/** Firewall rules, each with what it dropped. */
export function ruleSamples(
  server: string,
  counted: readonly CountedRule<Rule>[],
  policies: readonly Named[],
): Sample[] {
  const names = new Map(policies.map(({ path, name }) => [path, name]));
  const told = new Set<string>();
  return counted.flatMap(({ rule, packets }) => {
    const policy = names.get(rule.policy) ?? lastPartOf(rule.policy);
    const labels = { server, policy, rule_id: rule.id };
    // An id belongs to one rule; where it does not, the one that dropped most is told.
    if (told.has(`${policy}\n${rule.id}`)) return [];
    told.add(`${policy}\n${rule.id}`);
    return [
      sample(m.ruleInfo, { ...labels, rule: rule.name, action: rule.action }, 1),
      sample(m.rulePackets, labels, packets),
    ];
  });
}
