import { isOfOneQuestion } from "./attempts.ts";
import { type LimitProfile, parseQosProfile, parseSecurityProfile } from "./limits.ts";
import { type Manager, policyUrl, searchUrl } from "./manager.ts";
import {
  type Binding,
  type FloodProfile,
  type Named,
  parseBinding,
  parseFloodProfile,
  parseNamed,
  parseRule,
  type Rule,
} from "./parse.ts";
import { createTurns, type Round, type Turns, type TurnsOptions } from "./turns.ts";

/** What an NSX manager has, each list as it is asked for. @throws ServerError */
export interface Inventory {
  readonly segments: readonly Named[];
  securityProfiles(): Promise<LimitProfile[]>;
  qosProfiles(): Promise<LimitProfile[]>;
  floodProfiles(): Promise<FloodProfile[]>;
  /** Of segments. */
  securityBindings(): Promise<Binding[]>;
  qosBindings(): Promise<Binding[]>;
  /** Of groups. */
  floodBindings(): Promise<Binding[]>;
  policies(): Promise<Named[]>;
  /** Of the distributed firewall, those that drop or reject. */
  rules(policies: readonly Named[]): Promise<Rule[]>;
}

/** A list, where search finds it and where it lies. */
interface List<T> {
  readonly kind: string;
  readonly query: string;
  /** A policy path; for lists that each segment or policy has of its own, the last part of it. */
  readonly path: string;
  parse(value: unknown): T | undefined;
}

const lists = {
  segments: { kind: "segments", query: "resource_type:Segment", path: "/infra/segments", parse: parseNamed },
  securityProfiles: {
    kind: "segment security profiles",
    query: "resource_type:SegmentSecurityProfile",
    path: "/infra/segment-security-profiles",
    parse: parseSecurityProfile,
  },
  qosProfiles: {
    kind: "QoS profiles",
    query: "resource_type:QoSProfile",
    path: "/infra/qos-profiles",
    parse: parseQosProfile,
  },
  floodProfiles: {
    kind: "flood protection profiles",
    query: "resource_type:DistributedFloodProtectionProfile OR resource_type:GatewayFloodProtectionProfile",
    path: "/infra/flood-protection-profiles",
    parse: parseFloodProfile,
  },
  securityBindings: {
    kind: "bindings of security profiles",
    query: "resource_type:SegmentSecurityProfileBindingMap",
    path: "segment-security-profile-binding-maps",
    parse: (value: unknown) => parseBinding(value, "segment_security_profile_path"),
  },
  qosBindings: {
    kind: "bindings of QoS profiles",
    query: "resource_type:SegmentQoSProfileBindingMap",
    path: "segment-qos-profile-binding-maps",
    parse: (value: unknown) => parseBinding(value, "qos_profile_path"),
  },
  floodBindings: {
    kind: "bindings of flood protection profiles",
    query: "resource_type:PolicyFirewallFloodProtectionProfileBindingMap",
    path: "/infra/domains/firewall-flood-protection-profile-binding-maps",
    parse: (value: unknown) => parseBinding(value, "profile_path"),
  },
  policies: {
    kind: "security policies",
    query: "resource_type:SecurityPolicy",
    path: "/infra/domains/default/security-policies",
    parse: parseNamed,
  },
  rules: {
    kind: "firewall rules",
    query: "resource_type:Rule AND (action:DROP OR action:REJECT)",
    path: "rules",
    parse: parseRule,
  },
};

/** For managers whose search is not to be had: lists of single objects, which take a question each. */
export interface OwnLists {
  readonly securityBindings: Turns<Binding[]>;
  readonly qosBindings: Turns<Binding[]>;
  readonly rules: Turns<(Rule | "other")[]>;
}

/** Kept from one reading to the next. */
export function createOwnLists(options: Omit<TurnsOptions, "kind">): OwnLists {
  return {
    securityBindings: createTurns({ ...options, kind: lists.securityBindings.kind }),
    qosBindings: createTurns({ ...options, kind: lists.qosBindings.kind }),
    rules: createTurns({ ...options, kind: lists.rules.kind }),
  };
}

/** Reads the segments, and so finds out whether this manager lets us search. @throws ServerError */
export async function openInventory(manager: Manager, own: OwnLists, round: Round): Promise<Inventory> {
  const found = <T>({ query, kind, parse }: List<T>) => manager.list(searchUrl(query), kind, parse);
  const listed = <T>({ path, kind, parse }: List<T>) => manager.list(policyUrl(path), kind, parse);

  async function ownLists<T>({ path, kind, parse }: List<T>, turns: Turns<T[]>, of: readonly Named[]): Promise<T[]> {
    const paths = of.map((one) => one.path);
    const ask = (parent: string) => manager.list(policyUrl(`${parent}/${path}`), kind, parse);
    return [...(await turns.read(paths, () => false, ask, round)).values()].flat();
  }

  let segments: readonly Named[];
  let searches = true;
  try {
    segments = await found(lists.segments);
  } catch (error) {
    if (!isOfOneQuestion(error, round.signal)) throw error;
    searches = false;
    segments = await listed(lists.segments);
    round.note(`${error.message}; its lists are read instead of a search, without those of projects and gateways`);
  }
  const read = searches ? found : listed;

  return {
    segments,
    securityProfiles: () => read(lists.securityProfiles),
    qosProfiles: () => read(lists.qosProfiles),
    floodProfiles: () => read(lists.floodProfiles),
    securityBindings: () =>
      searches ? found(lists.securityBindings) : ownLists(lists.securityBindings, own.securityBindings, segments),
    qosBindings: () => (searches ? found(lists.qosBindings) : ownLists(lists.qosBindings, own.qosBindings, segments)),
    floodBindings: () => read(lists.floodBindings),
    policies: () => read(lists.policies),
    async rules(policies) {
      const all = await (searches ? found(lists.rules) : ownLists(lists.rules, own.rules, policies));
      return all.filter((rule) => rule !== "other");
    },
  };
}
