import { childrenOf, elementAt } from "../xml-tree.ts";
import { parseCpuSet } from "./cpu-set.ts";
import { type NicFacts, parseNic } from "./nic-xml.ts";
import { numberIn, parseXml, type XmlElement } from "./xml.ts";

/** What the description of a domain tells beside its statistics. */
export interface DomainFacts {
  readonly name: string;
  /** Lower case. */
  readonly uuid: string;
  /** Another one at each start; undefined where the domain is off. */
  readonly id: number | undefined;
  /** vCPUs that are plugged in. */
  readonly vcpus: number | undefined;
  /** CPUs that each vCPU may run on, for those that have a set of their own. */
  readonly pins: ReadonlyMap<number, ReadonlySet<number>>;
  /** CPUs of the other vCPUs: a set; all of them; unknown where another program placed them. */
  readonly otherPins: ReadonlySet<number> | "all" | "unknown";
  /** Share of one CPU that each vCPU may use when all of them work; undefined without a limit. */
  readonly vcpuQuotaRatio: number | undefined;
  readonly nics: readonly NicFacts[];
}

/** @throws ParseError */
export function parseDomainXml(domain: string, text: string): DomainFacts {
  const source = `description of ${domain}`;
  const root = parseXml(source, text);
  const vcpu = elementAt(root, "vcpu");
  const vcpus = numberIn(vcpu?.attributes["current"] ?? vcpu?.text);
  return {
    name: elementAt(root, "name")?.text ?? "",
    uuid: (elementAt(root, "uuid")?.text ?? "").trim().toLowerCase(),
    id: numberIn(root.attributes["id"]),
    vcpus,
    pins: pinsOf(source, root),
    otherPins: otherPinsOf(source, vcpu),
    vcpuQuotaRatio: quotaRatio(root, vcpus),
    nics: childrenOf(elementAt(root, "devices"), "interface").flatMap((nic) =>
      parseNic(nic, root.attributes["type"] ?? ""),
    ),
  };
}

function pinsOf(source: string, root: XmlElement): Map<number, ReadonlySet<number>> {
  const pins = childrenOf(elementAt(root, "cputune"), "vcpupin");
  return new Map(
    pins.flatMap(({ attributes: { vcpu, cpuset } }): [number, ReadonlySet<number>][] => {
      const number = numberIn(vcpu);
      return number === undefined || cpuset === undefined ? [] : [[number, parseCpuSet(source, cpuset)]];
    }),
  );
}

function otherPinsOf(source: string, vcpu: XmlElement | undefined): DomainFacts["otherPins"] {
  const { cpuset, placement } = vcpu?.attributes ?? {};
  if (cpuset !== undefined) return parseCpuSet(source, cpuset);
  return placement === "auto" ? "unknown" : "all";
}

/** Microseconds, where libvirt was told none. */
const DEFAULT_PERIOD = 100_000;

function quotaRatio(root: XmlElement, vcpus: number | undefined): number | undefined {
  const limits = elementAt(root, "cputune");
  const ratio = (prefix: "" | "global_") => {
    const quota = numberIn(elementAt(limits, `${prefix}quota`)?.text) ?? -1;
    const period = numberIn(elementAt(limits, `${prefix}period`)?.text) || DEFAULT_PERIOD;
    return quota > 0 ? quota / period : Number.POSITIVE_INFINITY;
  };
  // The global one is for the whole machine.
  const lowest = Math.min(ratio(""), ratio("global_") / (vcpus || 1));
  return Number.isFinite(lowest) ? lowest : undefined;
}
