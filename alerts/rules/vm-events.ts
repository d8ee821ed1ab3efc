import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import { vmCause } from "./cause.ts";
import type { RecordingRule } from "./rule.ts";

const { recentEvent } = catalogue.vm;

/** Each holds the machine for a moment, and is over when the page is read. */
const events = {
  vmotion: "a migration (vMotion)",
  drs: "a migration by DRS",
  relocation: "a relocation",
  snapshot: "a snapshot made, reverted or removed",
};

const recently = `max by (event) (${recentEvent.name}{vm=%q,vm_uuid=%q} == 1)`;
const inWords = Object.entries(events)
  .map(([event, words]) => `{{ if eq $event "${event}" }}${words}`)
  .join("{{ else }}");

/** For alerts about a virtual machine: what happened to it of late. */
export const recentEventsOfVm =
  `{{ with query (printf "${recently}" $labels.vm $labels.vm_uuid) }}Within the last 5 min it had ` +
  '{{ range $i, $_ := sortByLabel "event" . }}{{ if $i }} and {{ end }}{{ $event := label "event" . }}' +
  `${inWords}{{ else }}{{ $event }}${"{{ end }}".repeat(Object.keys(events).length)}{{ end }}. {{ end }}`;

/** The same for the page about a path. */
export const eventCauses: readonly RecordingRule[] = Object.entries(events).map(([event, words]) =>
  vmCause({
    code: "guest_stall",
    says: `${words} within the last 5 min`,
    unit: "fact",
    expr: promql`${recentEvent}{event="${event as PromQL}"} == 1`,
  }),
);
