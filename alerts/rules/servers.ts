import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { percent, sameLabels } from "./text.ts";

/** Servers on other machines that a collector reads: vCenter and NSX. */
const { serverFailure, serverLastSuccess } = catalogue.self;
const { samples, newestSample, missingPrivilege, host } = catalogue.vcenter;

const theServer = '{{ if eq $labels.collector "nsx" }}NSX manager{{ else }}vCenter{{ end }} {{ $labels.server }}';
const sameServer = sameLabels("instance", "collector", "server");
const age = `{{ with query (print "time() - ${serverLastSuccess.name}" $same) }}Its last good answer is {{ . | first | value | humanizeDuration }} old. {{ else }}It has not answered since the exporter's start. {{ end }}`;
const stale = `${sameServer}${age}What it told is shown for some intervals more, then it is gone: its machines are unseen, not healthy. `;
const log =
  "First, on the machine of {{ $labels.instance }}: journalctl -u virtloss --since -10min | grep {{ $labels.server }}";

const unreachable: AlertRule = {
  alert: "VirtlossServerUnreachable",
  expr: promql`${serverFailure}{reason=~"unreachable|answer"} == 1`,
  // A restart of a vCenter's services takes some minutes.
  for: "5m",
  severity: "warning",
  summary: `${theServer} cannot be read by {{ $labels.instance }} ({{ $labels.reason }})`,
  description: `${stale}${log}`,
};

const credentialsRefused: AlertRule = {
  alert: "VirtlossServerCredentialsRefused",
  expr: promql`${serverFailure}{reason="credentials"} == 1`,
  for: "1m",
  severity: "warning",
  summary: `${theServer} refuses the user name and password of {{ $labels.instance }}`,
  description:
    `${stale}It is asked again after 15 minutes and more seldom from then on, so that no account is locked, and at once when the password is another. ` +
    "Put the right password where the configuration says (password_file, password_env). " +
    log,
};

const certificateRefused: AlertRule = {
  alert: "VirtlossServerCertificateRefused",
  expr: promql`${serverFailure}{reason="certificate"} == 1`,
  for: "1m",
  severity: "warning",
  summary: `The certificate of ${theServer} is not trusted by {{ $labels.instance }}`,
  description:
    `${stale}No password was sent. The log has the certificate's fingerprint: compare it, then name its CA in tls.ca_file, or its name in tls.server_name; if it has expired, renew it. ` +
    log,
};

const noPrivilege: AlertRule = {
  alert: "VirtlossServerPrivilegeMissing",
  expr: promql`${serverFailure}{reason="privilege"} == 1`,
  for: "5m",
  severity: "warning",
  summary: `The user of {{ $labels.instance }} may read nothing on ${theServer}`,
  description:
    `${stale}Give the user the role Read-only on the root of vCenter, with propagation to children, or Auditor in NSX. ` +
    log,
};

const somePrivilegeMissing: AlertRule = {
  alert: "VirtlossServerPrivilegeMissing",
  reason: "partial",
  expr: promql`${missingPrivilege} == 1`,
  for: "15m",
  severity: "info",
  summary:
    "The user of {{ $labels.instance }} lacks the privilege {{ $labels.privilege }} on vCenter {{ $labels.server }}",
  description:
    "Some objects do not tell all: what is missing is unknown, not zero. Give the user the role Read-only on the root, with propagation to children. " +
    log,
};

const missing = {
  record: "server:virtloss_missing_samples:ratio_rate15m",
  expr: promql`
    sum ${without(samples, "result")} (rate(${samples}{result="missing"}[15m]))
    / (sum ${without(samples, "result")} (rate(${samples}[15m])) > 0)`,
};

export const serverRecords = { missing };

function samplesMissing({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossSamplesMissing",
    reason: "missing",
    expr: promql`${missing} > ${t.missingSampleRatio}`,
    for: "15m",
    keepFiringFor: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the samples of vCenter {{ $labels.server }} never came",
    description:
      `In the last 15 min (limit ${percent(t.missingSampleRatio)}): waiting and drops of its machines read lower than they are. ` +
      `Hosts that are overloaded or cut off hand over none, and a vCenter keeps them for an hour. ${log}`,
  };
}

function samplesOld({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossSamplesMissing",
    reason: "old",
    expr: promql`
      time() - ${newestSample} > ${t.sourceStaleSeconds}
      unless on (job, instance, server) ${serverFailure}{collector="vcenter"} == 1`,
    for: "5m",
    severity: "warning",
    summary: "The newest sample of vCenter {{ $labels.server }} is {{ $value | humanizeDuration }} old",
    description:
      `It answers, and has nothing new to tell (limit ${t.sourceStaleSeconds} s): waiting and drops of its machines read as 0. ` +
      `Either its service for statistics (vpxd-svcs, vpxd) hangs, or its clock and Prometheus' differ. ${log}`,
  };
}

const unseen = {
  alert: "VirtlossHostUnseen",
  summary: "Host {{ $labels.host }} is cut off from vCenter {{ $labels.server }}: its machines are unseen",
  for: "5m",
} as const;
const lookAtHost =
  "First, from the vCenter's network: does {{ $labels.host }} answer on port 443? On it: /etc/init.d/vpxa status";

function hostNotResponding(): AlertRule {
  return {
    ...unseen,
    reason: "not_responding",
    expr: promql`${host}{state="notResponding"} == 1`,
    severity: "warning",
    description:
      "Its vCenter has lost it: it is down, its management network is, or its agent hangs; its machines may well run on. " +
      `Nothing is known of their vCPUs, drops and memory until it is back, so no page names this host as a cause. ${lookAtHost}`,
  };
}

function hostDisconnected(): AlertRule {
  return {
    ...unseen,
    reason: "disconnected",
    expr: promql`${host}{state="disconnected"} == 1`,
    severity: "info",
    description:
      "Somebody disconnected it, or its certificate or password was refused; its machines may well run on. " +
      "Nothing is known of their vCPUs, drops and memory meanwhile. First, in the vSphere Client: the host, Connection, Connect",
  };
}

export function serverGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.servers",
      rules: [
        missing,
        unreachable,
        credentialsRefused,
        certificateRefused,
        noPrivilege,
        somePrivilegeMissing,
        samplesMissing(options),
        samplesOld(options),
        hostNotResponding(),
        hostDisconnected(),
      ],
    },
  ];
}
