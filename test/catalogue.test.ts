import { boards } from "../dashboards/boards/index.ts";
import { defaultThresholds } from "../src/analysis/thresholds.ts";
import { allRules, metrics, selectors } from "./alerts/promql.ts";

/** Metrics that neither an alert nor a board reads, each with the reason why it is exported nevertheless. */
const unused: Readonly<Record<string, string>> = {
  probe_success:
    "an answer of /probe, which a Prometheus of one's own names the targets of; docs/probe.md has rules for them",
  probe_duration_seconds: "the same",
  probe_dns_lookup_time_seconds: "the same",
  virtloss_probe_complete: "the same",
  virtloss_probe_run_packets: "the same",
  virtloss_probe_run_lost_packets: "the same",
  virtloss_discovery_paths: "for whoever compares it with the source's own count",
  virtloss_discovery_last_success_timestamp_seconds:
    "the paths of the last good answer are probed on; the status page says so",
  virtloss_discovery_failures_total: "the same",
  virtloss_reflector_replies_total:
    "for whoever runs a reflector; the loss itself is seen by the probers at the other end",
  virtloss_reflector_stateless_replies_total: "the same",
  virtloss_reflector_rejected_packets_total: "the same",
  virtloss_reflector_sessions: "the same",
  virtloss_reflector_socket_drops_total: "the same",
  virtloss_reflector_send_errors_total: "the same",
};

const ofBoards = boards.flatMap(({ build }) => JSON.stringify(build(defaultThresholds)).match(/virtloss_\w+/g) ?? []);
const ofRules = allRules.flatMap(({ expr }) => selectors(expr).map(({ name }) => name));
const read = new Set([...ofBoards, ...ofRules].map((name) => name.replace(/_(bucket|count|sum)$/, "")));

test("every metric is in an alert or on a board, or is listed with a reason", () => {
  const missing = metrics.map(({ name }) => name).filter((name) => !read.has(name) && !(name in unused));

  expect(missing).toEqual([]);
});

test("the list of unused metrics holds only metrics that exist and are unused", () => {
  const names = metrics.map(({ name }) => name);

  expect(Object.keys(unused).filter((name) => read.has(name) || !names.includes(name))).toEqual([]);
});

test("each metric has one definition and a help text that is a sentence", () => {
  const names = metrics.map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  expect(metrics.filter(({ help }) => !/^([A-Z0-9]|vCPU).*\.$/s.test(help)).map(({ name }) => name)).toEqual([]);
});
