import type { DomainStats } from "./parse.ts";

/** An active domain as libvirt's statistics name it. */
export interface ActiveDomain {
  readonly name: string;
  /** Undefined where virsh was asked, which does not print it. */
  readonly uuid: string | undefined;
  readonly id: number | undefined;
  readonly stats: DomainStats;
}

/** A way to ask libvirt. */
export interface DomainSource {
  /** All active domains; they are decoded as they are taken. */
  domains(): Promise<Iterable<ActiveDomain>>;
  /** @returns the XML that describes one; undefined where it has ended meanwhile */
  describe(domain: ActiveDomain): Promise<string | undefined>;
}
