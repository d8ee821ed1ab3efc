import { join } from "../../alerts/rules/join.ts";
import { catalogue } from "../../src/catalogue.ts";
import type { MetricDef } from "../../src/metrics/define.ts";
import { type PromQL, promql, type RecordDef } from "../../src/metrics/promql.ts";

/** The series that the variables of a board choose. */
export const ofInstance = (series: MetricDef | RecordDef): PromQL => promql`${series}{instance=~"$instance"}`;
export const ofPath = (series: MetricDef | RecordDef): PromQL =>
  promql`${series}{instance=~"$instance", path=~"$path", scope=~"$scope"}`;

/** Of the one host that a board is about: its exporter's series, and those that name the host. */
export const onHost = (series: MetricDef | RecordDef): PromQL => promql`${series}{instance="$instance"}`;
/** Of the one virtual machine that a board is about, as its host tells. */
export const ofVm = (series: MetricDef | RecordDef): PromQL => promql`${series}{vm="$vm"}`;
/** Of the same machine, as the exporter inside it tells. */
export const inGuest = (expr: PromQL): PromQL => promql`${expr} and on (job, instance) ${join.guestVm}{vm="$vm"}`;

const chosenHosts = promql`and on (host) ${catalogue.vcenter.host}{server=~"$server", host=~"$host"}`;
/** Of the hosts that the board about VMware shows, as their vCenter tells; for series that name the host. */
export const onEsxi = (series: MetricDef | RecordDef): PromQL => promql`(${series}{host=~"$host"} ${chosenHosts})`;
/** The same of series that name only the machine. */
export const ofEsxiVm = (expr: PromQL): PromQL =>
  promql`(${expr}) * on (job, instance, vm, vm_uuid) group_left (host) ${onEsxi(join.home)}`;
/** A server that the board about VMware shows. */
export const ofServer = (series: MetricDef | RecordDef): PromQL => promql`${series}{server=~"$server"}`;

/** Grafana's own window: four scrapes at least. */
export const perSecond = (series: PromQL): PromQL => promql`rate(${series}[$__rate_interval])`;
/** Of what a hypervisor tells of a machine: a vCenter does so every 20 to 60 seconds only. */
export const overFiveMinutes = (series: PromQL): PromQL => promql`rate(${series}[5m])`;
export const perMinute = (series: PromQL): PromQL => promql`60 * rate(${series}[$__rate_interval])`;
