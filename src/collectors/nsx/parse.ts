import { ParseError } from "../../kernel/host.ts";
import { clean, isTrue, type Json, listAt, numberAt, objectAt, objectOf, textAt } from "./json.ts";

/** Some of a list's objects. */
export interface Page {
  readonly objects: readonly unknown[];
  /** For the next page; undefined where this one is the last. */
  readonly cursor: string | undefined;
  /** Objects on all pages together; NSX says it on the first one. */
  readonly total: number | undefined;
}

/** @param place names the answer in errors @throws ParseError */
export function parsePage(place: string, answer: Json): Page {
  const total = numberAt(answer, "result_count");
  const objects = listAt(answer, "results") ?? (total === 0 ? [] : undefined);
  if (!objects) throw new ParseError(`${place}: expected a list named results, found none`);
  return { objects, cursor: textAt(answer, "cursor"), total };
}

/** Something of NSX's configuration, by its policy path such as /infra/segments/web. */
export interface Named {
  readonly path: string;
  /** What people call it; the last part of its path where it has no name. */
  readonly name: string;
}

/** A path that can be asked for, and leads nowhere else. */
function pathAt(object: Json, key: string): string | undefined {
  const path = textAt(object, key);
  return path?.startsWith("/") && !/\/(\.{0,2}(\/|$))|[\p{Cc}\p{Cs}]/u.test(path) ? path : undefined;
}

export function lastPartOf(path: string): string {
  return clean(path.slice(path.lastIndexOf("/") + 1));
}

/** @returns undefined where it is no such object */
export function parseNamed(value: unknown): Named | undefined {
  const object = objectOf(value);
  const path = object && pathAt(object, "path");
  if (!path) return undefined;
  return { path, name: clean(textAt(object, "display_name") ?? lastPartOf(path)) };
}

/** Deleted, but still there until everything that it caused is gone: search returns these too. */
export function isGoing(value: unknown): boolean {
  return isTrue(objectOf(value), "marked_for_delete");
}

/** A profile that holds for an object. */
export interface Binding {
  /** Policy path of that object: a segment, or a group of machines. */
  readonly of: string;
  /** Policy path of the profile; undefined where the binding is about another kind of profile. */
  readonly profile: string | undefined;
}

/** @param profileKey of the member that names the profile @returns undefined where it is no binding */
export function parseBinding(value: unknown, profileKey: string): Binding | undefined {
  const object = objectOf(value);
  if (!object) return undefined;
  const own = pathAt(object, "path");
  // A binding is the last but one part of its own path.
  const parent = pathAt(object, "parent_path") ?? own?.replace(/\/[^/]+\/[^/]+$/, "");
  return parent ? { of: parent, profile: pathAt(object, profileKey) } : undefined;
}

export interface FloodProfile extends Named {
  /** Flows that may be open at once, by their kind; without those that have no limit. */
  readonly limits: ReadonlyMap<string, number>;
}

const floodLimits = [
  ["icmp_active_flow_limit", "icmp"],
  ["udp_active_flow_limit", "udp"],
  ["tcp_half_open_conn_limit", "tcp_half_open"],
  ["other_active_conn_limit", "other"],
  ["nat_active_conn_limit", "nat"],
] as const;

/** @returns undefined where it is no flood protection profile */
export function parseFloodProfile(value: unknown): FloodProfile | undefined {
  const named = parseNamed(value);
  if (!named) return undefined;
  const limits = new Map<string, number>();
  for (const [key, flows] of floodLimits) {
    const limit = numberAt(objectOf(value), key);
    if (limit) limits.set(flows, limit);
  }
  return { ...named, limits };
}

/** A rule of the distributed firewall that drops or rejects. */
export interface Rule extends Named {
  /** Policy path of its security policy. */
  readonly policy: string;
  /** As logs of packets have it. */
  readonly id: string;
  readonly action: "drop" | "reject";
}

const RULE_PATH = /^(.*\/security-policies\/[^/]+)\/rules\/[^/]+$/;

/** @returns "other" for a rule that lets pass, is switched off, or belongs to a gateway; undefined where it is no rule */
export function parseRule(value: unknown): Rule | "other" | undefined {
  const named = parseNamed(value);
  const object = objectOf(value);
  const action = textAt(object, "action");
  if (!named || !action) return undefined;
  const policy = RULE_PATH.exec(named.path)?.[1];
  if (policy === undefined || isTrue(object, "disabled") || (action !== "DROP" && action !== "REJECT")) return "other";
  const id = numberAt(object, "rule_id");
  return {
    ...named,
    policy,
    id: id === undefined ? lastPartOf(named.path) : String(id),
    action: action === "DROP" ? "drop" : "reject",
  };
}

/** What went by a rule. */
export interface RuleCount {
  /** Policy path of the rule; empty where NSX does not say it. */
  readonly rule: string;
  /** Empty likewise. */
  readonly id: string;
  readonly packets: number;
}

/**
 * Statistics of a security policy: for each enforcement point those of its rules, one or several for a rule.
 * @returns undefined where it is no such object
 */
export function parsePolicyStatistics(answer: Json): RuleCount[] | undefined {
  return listAt(answer, "results")?.flatMap((point) =>
    (listAt(objectAt(objectOf(point), "statistics"), "results") ?? []).flatMap((one) => {
      const object = objectOf(one);
      const packets = numberAt(object, "packet_count");
      if (packets === undefined) return [];
      const id = numberAt(object, "internal_rule_id");
      return [{ rule: textAt(object, "rule") ?? "", id: id === undefined ? "" : String(id), packets }];
    }),
  );
}
