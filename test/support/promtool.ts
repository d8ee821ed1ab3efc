import { spawnSync } from "node:child_process";

/** What `promtool check metrics` says against an exposition in text format; empty where it has nothing to say. */
export function checkMetrics(exposition: string): string {
  const { status, stdout, stderr, error } = spawnSync("promtool", ["check", "metrics"], {
    input: exposition,
    encoding: "utf8",
  });
  if (error) throw error;
  return status === 0 ? "" : `${stdout}${stderr}`.trim() || `promtool ended with ${status}`;
}
