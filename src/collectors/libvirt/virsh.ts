import type { Host } from "../../kernel/host.ts";
import type { ActiveDomain, DomainSource } from "./domains.ts";
import { LibvirtError, libvirtErrorCode } from "./errors.ts";
import { domainStats, parseDomstats } from "./parse.ts";

const GROUPS = ["--state", "--balloon", "--vcpu", "--interface"];

/**
 * libvirt's own client, for a daemon that speaks another protocol than ours: a process for each question, so ten times as
 * slow.
 */
export function openVirsh(host: Host, uri: string, signal: AbortSignal): DomainSource {
  const virsh = (...args: string[]) => host.run("virsh", ["--readonly", "--connect", uri, ...args], signal);
  return {
    domains: async () => activeDomains(await virsh("domstats", "--raw", "--nowait", "--list-active", ...GROUPS)),
    async describe({ name }) {
      try {
        return await virsh("dumpxml", `--domain=${name}`);
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) throw error;
        if (/domain not found|failed to get domain/i.test(error.message)) return undefined;
        throw new LibvirtError(libvirtErrorCode.rpc, error.message);
      }
    },
  };
}

function* activeDomains(text: string): Generator<ActiveDomain, void, undefined> {
  for (const { name, stats } of parseDomstats(text)) {
    yield { name, uuid: undefined, id: undefined, stats: domainStats(name, stats) };
  }
}
