import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Namespace, program } from "./lab.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
const relay = fileURLToPath(new URL("relay.mjs", import.meta.url));
const webhook = fileURLToPath(new URL("webhook.mjs", import.meta.url));

/** A notification as Alertmanager's webhook sends it. */
export interface Notification {
  readonly to: string;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly {
    readonly status: "firing" | "resolved";
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export interface PromSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Real servers inside one namespace, each ended by the test that started it. */
export interface Servers {
  /** The one in the namespace. */
  readonly exporter: ChildProcess;
  readonly notifications: readonly Notification[];
  /** Instant query. @throws Error with Prometheus' own words */
  query(expr: string): Promise<readonly PromSeries[]>;
  /** GET inside the namespace. */
  get(url: string, ...curlArguments: string[]): Promise<string>;
  stop(): Promise<void>;
}

export const EXPORTER = "http://127.0.0.1:10862";
export const PROMETHEUS = "http://127.0.0.1:9090";

/** In the namespace: the exporter of the machine itself, whose NIC is a real one. */
const HOST_EXPORTER_PORT = 10863;

/**
 * Starts an exporter in the namespace and one on the machine itself, Prometheus with this project's rules, Alertmanager with its example configuration, and a webhook.
 * @param directory for their files @param config of the exporter, YAML
 */
export async function startServers(where: Namespace, directory: string, config: string): Promise<Servers> {
  const children: ChildProcess[] = [];
  const notifications: Notification[] = [];
  const start = (...args: string[]) => {
    const child = where.spawn(args);
    child.stderr?.resume();
    children.push(child);
    return child;
  };
  const startHere = (command: string, ...args: string[]) => {
    const child = spawn(command, args, { stdio: "ignore" });
    children.push(child);
    return child;
  };
  const file = (name: string, text: string) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  const receiver = start(process.execPath, webhook, "9099");
  if (receiver.stdout) {
    createInterface({ input: receiver.stdout }).on("line", (line) => {
      if (line !== "ready") notifications.push(JSON.parse(line) as Notification);
    });
  }
  // `ip netns exec` and not nsenter: /sys has to show the namespace's own interfaces.
  const exporterConfig = file("virtloss.yaml", config);
  const exporter = startHere(
    "ip",
    "netns",
    "exec",
    where.name,
    process.execPath,
    program,
    "serve",
    "--config",
    exporterConfig,
  );
  const unixSocket = join(directory, "relay.sock");
  startHere(process.execPath, program, "serve", "--listen", `127.0.0.1:${HOST_EXPORTER_PORT}`);
  startHere(process.execPath, relay, unixSocket, String(HOST_EXPORTER_PORT));
  start(process.execPath, relay, String(HOST_EXPORTER_PORT), unixSocket).stdout?.resume();
  start(
    "prometheus-alertmanager",
    `--config.file=${file("alertmanager.yml", impatient(ALERTMANAGER))}`,
    `--storage.path=${join(directory, "alertmanager")}`,
    "--web.listen-address=127.0.0.1:9093",
    "--cluster.listen-address=",
  ).stdout?.resume();
  start(
    "prometheus",
    `--config.file=${file("prometheus.yml", prometheusConfig(file("rules.yaml", oftenEvaluated(RULES))))}`,
    `--storage.tsdb.path=${join(directory, "prometheus")}`,
    "--web.listen-address=127.0.0.1:9090",
    "--rules.alert.resend-delay=1s",
  ).stdout?.resume();

  const servers: Servers = {
    exporter,
    notifications,
    async query(expr) {
      const url = `${PROMETHEUS}/api/v1/query?query=${encodeURIComponent(expr)}`;
      const answer = JSON.parse(await servers.get(url)) as { data?: { result: PromSeries[] }; error?: string };
      if (!answer.data) throw new Error(`${expr}: ${answer.error}`);
      return answer.data.result;
    },
    async get(url, ...curlArguments) {
      const { stdout, stderr, code } = await where.run("curl", "-sS", ...curlArguments, url);
      if (code !== 0) throw new Error(`${url}: ${stderr}`);
      return stdout;
    },
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const gone = once(child, "exit");
          child.kill("SIGTERM");
          const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
          await gone;
          clearTimeout(late);
        }),
      );
    },
  };
  return servers;
}

const ALERTMANAGER = join(root, "alerts/alertmanager.example.yaml");

/** The example as it ships, but without its patience: a test does not wait 15 s for company. */
function impatient(file: string): string {
  return readFileSync(file, "utf8")
    .replace(/group_wait: \w+/, "group_wait: 1s")
    .replace(/group_interval: \w+/, "group_interval: 5s");
}

const RULES = join(root, "alerts/virtloss.rules.yaml");

/** Rules that are evaluated once a minute or less: a test does not wait that long. */
function oftenEvaluated(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/interval: \dm$/gm, "interval: 5s");
}

function prometheusConfig(rulesFile: string): string {
  return `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["${rulesFile}"]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:9093"]}]}]}
scrape_configs:
  - job_name: virtloss
    static_configs: [{targets: ["127.0.0.1:10862", "127.0.0.1:${HOST_EXPORTER_PORT}"]}]
`;
}

/** Asks until there is an answer. @throws Error with `what` after the deadline */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(500);
  }
}
