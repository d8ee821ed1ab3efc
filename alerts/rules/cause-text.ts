import { causesOfMachine, causesOfVm } from "./cause.ts";
import { join } from "./join.ts";

/** Templates of Prometheus that name causes and losing paths beside an alert. */

const level =
  '{{ $unit := label "unit" . }}{{ if eq $unit "ratio" }} ({{ . | value | humanizePercentage }})' +
  '{{ else if eq $unit "times" }} ({{ . | value | printf "%.1f" }} to 1)' +
  '{{ else if eq $unit "per_second" }} ({{ . | value | humanize }}/s)' +
  '{{ else if eq $unit "bytes_per_second" }} ({{ . | value | humanize1024 }}B/s){{ end }}';

const list = `{{ range $i, $_ := sortByLabel "says" . }}{{ if $i }}; {{ end }}{{ label "says" . }}${level}{{ end }}`;

const ofMachine = `(printf "${causesOfMachine.record}{instance=%q}" $labels.instance)`;
/** An exporter near a vCenter does not run on the machine's host: what it knows of itself is none of the machine's. */
const onItsHost =
  '{{ $host := label "host_instance" $vm }}{{ if eq (label "hypervisor" $vm) "vmware" }}{{ $host = "" }}{{ end }}';
const ofVmAndHost =
  `(printf "${causesOfVm.record}{vm=%q,vm_uuid=%q} or ${causesOfMachine.record}{instance=%q}" ` +
  '(label "vm" $vm) (label "vm_uuid" $vm) $host)';

/** For the alert about a path: what is known of the machine that measures, and of the host that it runs on. */
export const coincidingCauses =
  `{{ with query ${ofMachine} }}On this machine now: ${list}. {{ end }}` +
  `{{ range $vm := query (printf "${join.guestVm.record}{instance=%q}" $labels.instance) }}${onItsHost}` +
  'The prober runs in VM {{ label "vm" $vm }} on host {{ label "host" $vm }}; ' +
  `there now: {{ with query ${ofVmAndHost} }}${list}{{ else }}no cause that these rules know{{ end }}. {{ end }}`;

const pathAndLoss =
  '{{ label "path" . }} ({{ label "scope" . }}, {{ label "protocol" . }}) {{ . | value | humanizePercentage }}';

const losing = (selector: string) =>
  `{{ with query (printf "sort_desc(${selector})" $labels.vm $labels.vm_uuid) }}` +
  `Its paths lose: {{ range $i, $_ := . }}{{ if $i }}, {{ end }}${pathAndLoss}{{ end }}. {{ end }}`;

/** For alerts about a virtual machine whose guest has an exporter: the paths that lose from there. */
export const losingPathsOfVm = losing(`${join.vmLosing.record}{vm=%q,vm_uuid=%q}`);

/** For alerts about a machine: how many of its own paths, and of those of its virtual machines, lose. */
export const losingPathsHere =
  `{{ with query (printf "${join.losingPaths.record}{instance=%q}" $labels.instance) }}` +
  'Paths that lose on it and on its VMs: {{ . | first | value | printf "%.0f" }}. {{ end }}';

/** For alerts about a host of virtual machines, as many of its machines as an exporter tells of. */
export const losingPathsOnHost =
  `{{ with query (printf "${join.losingOnHost.record}{host=%q}" $labels.host) }}` +
  'Paths that lose on it and on its VMs: {{ . | first | value | printf "%.0f" }}. {{ end }}';
