import { setImmediate as turn } from "node:timers/promises";
import type { Host } from "../../kernel/host.ts";
import { type AnySample, sample } from "../../metrics/define.ts";
import { vmMetrics } from "../../vm/metrics.ts";
import { vmSamples } from "../../vm/samples.ts";
import type { Note } from "../collector.ts";
import { countOnlineCpus, ifThere, readHostName } from "../files.ts";
import type { Descriptions } from "./descriptions.ts";
import type { ActiveDomain, DomainSource } from "./domains.ts";
import { domainStates, machineOf } from "./machine.ts";
import { libvirtMetrics as m } from "./metrics.ts";

/** Machines between two turns of the event loop; each takes a tenth of a millisecond. */
const MACHINES_A_TURN = 20;

/** A host of 500 machines may have as many problems. */
const MOST_NOTES = 3;

/** Everything that a source tells now. @param uri for the label of the same name */
export async function readMachines(
  host: Host,
  uri: string,
  source: DomainSource,
  descriptions: Descriptions,
  note: Note,
): Promise<AnySample[]> {
  const domains: ActiveDomain[] = [];
  await inTurns(await source.domains(), (domain) => domains.push(domain));
  noteSome(await descriptions.refresh(domains, source), note);

  const name = await readHostName(host);
  const cpus = await ifThere(countOnlineCpus(host));
  const vhostNet = (await ifThere(host.list("/dev")))?.includes("vhost-net") === true;
  // A kernel without schedstats shows 0 for every thread; one with them hardly leaves all at 0.
  const countsWait = domains.some(({ stats }) => stats.vcpuTimes.some(({ waitSeconds }) => (waitSeconds ?? 0) > 0));

  const samples: AnySample[] = [
    ...stateSamples(domains),
    sample(m.busy, { uri }, domains.filter(({ stats }) => stats.busy).length),
    ...(cpus === undefined ? [] : [sample(vmMetrics.hostCpus, { host: name }, cpus)]),
  ];
  await inTurns(domains, (domain) => {
    const facts = descriptions.of(domain);
    // Without a UUID its series would be others once it is known.
    if (domain.uuid === undefined && facts === undefined) return;
    samples.push(...vmSamples(machineOf(domain, facts, { name, cpus, countsWait, vhostNet }), "libvirt"));
  });
  return samples;
}

function noteSome(problems: readonly string[], note: Note): void {
  for (const problem of problems.slice(0, MOST_NOTES)) note(problem);
  if (problems.length > MOST_NOTES) note(`and ${problems.length - MOST_NOTES} more`);
}

async function inTurns<T>(items: Iterable<T>, handle: (item: T) => void): Promise<void> {
  let handled = 0;
  for (const item of items) {
    handle(item);
    handled += 1;
    if (handled % MACHINES_A_TURN === 0) await turn();
  }
}

/** Every state that an active domain can have, so that one which is gone reads 0. */
function stateSamples(domains: readonly ActiveDomain[]): AnySample[] {
  return domainStates.flatMap((state, number) => {
    const count = domains.filter(({ stats }) => stats.state === number).length;
    return state === "shutoff" ? [] : [sample(m.domains, { state }, count)];
  });
}
