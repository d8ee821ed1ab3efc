import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "../lab.ts";
import { eventually, PROMETHEUS, type PromSeries } from "../servers.ts";

/** A Prometheus of one namespace. */
export interface Prometheus {
  /** Instant query. @throws Error with Prometheus' own words */
  query(expr: string): Promise<readonly PromSeries[]>;
  /** The only series of the answer; undefined where there is none. @throws Error where there are several */
  figure(expr: string): Promise<number | undefined>;
  /** Firing or pending. */
  alerts(): Promise<readonly PromAlert[]>;
  /** Waits until an alert fires whose description says so. */
  firing(alertname: string, seconds: number, says: RegExp): Promise<PromAlert>;
  stop(): Promise<void>;
}

export interface PromAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
}

export interface Target {
  readonly instance: string;
  readonly address: string;
  /** Between two scrapes, and for each at most. */
  readonly seconds: number;
}

/** @param rules a rules file's text */
export async function startPrometheus(
  where: Namespace,
  directory: string,
  targets: readonly Target[],
  rules: string,
): Promise<Prometheus> {
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  // One label job for all, as one job of operators would have it; a job's interval is its own.
  const jobs = targets.map(
    ({ instance, address, seconds }) => `  - job_name: ${instance}
    scrape_interval: ${seconds}s
    scrape_timeout: ${seconds}s
    static_configs: [{targets: ["${address}"], labels: {job: virtloss, instance: "${instance}"}}]
`,
  );
  const config = `global: {evaluation_interval: 1s}
rule_files: ["${file("rules.yaml", rules)}"]
scrape_configs:
${jobs.join("")}`;
  const child = where.spawn([
    "prometheus",
    `--config.file=${file("prometheus.yml", config)}`,
    `--storage.tsdb.path=${join(directory, "prometheus")}`,
    "--web.listen-address=127.0.0.1:9090",
  ]);
  let log = "";
  child.stdout?.resume();
  child.stderr?.on("data", (data: Buffer) => {
    log += data;
  });
  const gone = once(child, "exit");

  const get = async (path: string, ...curlArguments: string[]) => {
    const { stdout, stderr, code } = await where.run("curl", "-sS", ...curlArguments, `${PROMETHEUS}${path}`);
    if (code !== 0) throw new Error(`${path}: ${stderr}`);
    return stdout;
  };
  const prometheus: Prometheus = {
    async query(expr) {
      const text = await get(`/api/v1/query?query=${encodeURIComponent(expr)}`);
      const answer = JSON.parse(text) as { data?: { result: PromSeries[] }; error?: string };
      if (!answer.data) throw new Error(`${expr}: ${answer.error}`);
      return answer.data.result;
    },
    async figure(expr) {
      const [series, more] = await prometheus.query(expr);
      if (more) throw new Error(`more than one series: ${expr}`);
      return series && Number(series.value[1]);
    },
    async alerts() {
      return (JSON.parse(await get("/api/v1/alerts")) as { data: { alerts: PromAlert[] } }).data.alerts;
    },
    firing: (alertname, seconds, says) =>
      eventually(`${alertname}, saying ${says}`, seconds, async () => {
        const named = (await prometheus.alerts()).filter(({ labels }) => labels["alertname"] === alertname);
        return named.find(({ state, annotations }) => {
          return state === "firing" && says.test(annotations["description"] ?? "");
        });
      }),
    async stop() {
      child.kill("SIGTERM");
      await gone;
    },
  };
  await eventually("Prometheus", 20, () => get("/-/ready", "-f")).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw new Error(`${String(error)}\n${log}`);
  });
  return prometheus;
}
