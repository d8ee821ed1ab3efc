import { ParseError } from "../../kernel/host.ts";
import { type DomainFacts, parseDomainXml } from "./domain-xml.ts";
import type { ActiveDomain, DomainSource } from "./domains.ts";
import { LibvirtError, LibvirtTimeoutError } from "./errors.ts";

/** In one reading: machines that are seen for the first time, and others whose devices and limits may have changed. */
const NEW_AT_ONCE = 250;
const AGAIN_AT_ONCE = 25;
/** What is left then is asked for at the next reading. */
const MOST_MS = 3000;

/** Descriptions of the active domains, kept between readings. */
export interface Descriptions {
  /** Asks for some that are missing, then for those that are the oldest. @returns what went wrong */
  refresh(domains: readonly ActiveDomain[], source: DomainSource): Promise<readonly string[]>;
  /** Undefined until it was asked for. */
  of(domain: ActiveDomain): DomainFacts | undefined;
}

/** A domain that was started again has another id, and other devices on the host. */
function keyOf({ name, uuid, id }: ActiveDomain): string {
  return uuid === undefined ? `name ${name}` : `${uuid} ${id}`;
}

/** virsh takes a name that is a number for an id, and so describes another domain. */
function isOf(facts: DomainFacts, { name, uuid, id }: ActiveDomain): boolean {
  return uuid === undefined ? facts.name === name : facts.uuid === uuid && facts.id === id;
}

export function createDescriptions(): Descriptions {
  /** In the order in which they were asked for; undefined for a domain without a description that we can read. */
  const known = new Map<string, DomainFacts | undefined>();

  function choose(domains: readonly ActiveDomain[]): ActiveDomain[] {
    const active = new Map(domains.map((domain) => [keyOf(domain), domain]));
    for (const key of [...known.keys()]) if (!active.has(key)) known.delete(key);
    const oldest = [...known.keys()].slice(0, AGAIN_AT_ONCE).flatMap((key) => active.get(key) ?? []);
    return [...domains.filter((domain) => !known.has(keyOf(domain))).slice(0, NEW_AT_ONCE), ...oldest];
  }

  async function ask(domain: ActiveDomain, source: DomainSource): Promise<void> {
    const key = keyOf(domain);
    const before = known.get(key);
    // It goes to the end of the queue whatever comes of it.
    known.delete(key);
    known.set(key, before);
    const xml = await source.describe(domain);
    const facts = xml === undefined ? undefined : parseDomainXml(domain.name, xml);
    known.set(key, facts && isOf(facts, domain) ? facts : undefined);
  }

  return {
    of: (domain) => known.get(keyOf(domain)),
    async refresh(domains, source) {
      const problems: string[] = [];
      const startedMs = performance.now();
      for (const domain of choose(domains)) {
        if (performance.now() - startedMs > MOST_MS) break;
        try {
          await ask(domain, source);
        } catch (error) {
          if (error instanceof ParseError) problems.push(error.message);
          else if (error instanceof LibvirtError) problems.push(`description of ${domain.name}: ${error.message}`);
          else if (error instanceof LibvirtTimeoutError) return [...problems, error.message];
          else throw error;
        }
      }
      return problems;
    },
  };
}
