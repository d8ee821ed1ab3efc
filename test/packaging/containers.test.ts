import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose: Compose = parse(readFileSync("compose.yaml", "utf8"), { merge: true });
const services = Object.entries(compose.services);

/** Instructions of a Dockerfile, continued lines joined, comments left out. */
const instructions = readFileSync("Dockerfile", "utf8")
  .replace(/\\\n/g, " ")
  .split("\n")
  .filter((line) => /^[A-Z]/.test(line));

function isKept(path: string): boolean {
  const rules = readFileSync(".dockerignore", "utf8").trim().split("\n");
  return rules.includes(`!${path}`);
}

test("every file that compose mounts exists, and every named volume is declared", () => {
  const sources = services.flatMap(([, s]) => (s.volumes ?? []).map((v) => v.split(":")[0] ?? ""));
  const files = sources.filter((s) => s.startsWith("."));
  const named = sources.filter((s) => !s.startsWith("."));

  expect(files.filter((f) => !existsSync(f))).toEqual([]);
  expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  expect(files.length).toBeGreaterThan(4);
});

test("no container has a privilege, a floating image or a port that others reach", () => {
  for (const [name, service] of services) {
    expect([name, service.cap_drop, service.security_opt]).toEqual([name, ["ALL"], ["no-new-privileges:true"]]);
    expect(service.build ?? service.image).toMatch(/^\.$|^[\w/]+:v?\d+\.\d+\.\d+$/);
    expect(service.ports?.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
  }
  expect(compose.services["virtloss"]?.sysctls).toEqual({ "net.ipv4.ping_group_range": "0 2147483647" });
});

test("the configurations name each other's services by their ports", () => {
  const prometheus = parse(readFileSync("packaging/compose/prometheus.yml", "utf8"));
  const datasource = parse(readFileSync("packaging/compose/grafana/datasource.yml", "utf8"));
  const boards = parse(readFileSync("packaging/compose/grafana/dashboards.yml", "utf8"));
  const mounts = compose.services["grafana"]?.volumes?.map((v) => v.split(":")[1]);

  expect(prometheus.scrape_configs[0].static_configs[0].targets).toEqual(["virtloss:10862"]);
  expect(prometheus.alerting.alertmanagers[0].static_configs[0].targets).toEqual(["alertmanager:9093"]);
  expect(datasource.datasources[0].url).toBe("http://prometheus:9090");
  expect(mounts).toContain(boards.providers[0].options.path);
  for (const name of ["virtloss", "alertmanager", "prometheus"]) expect(compose.services[name]).toBeDefined();
});

test("Prometheus and Alertmanager accept their configurations", () => {
  const started = execFileSync("promtool", ["check", "config", "docs/getting-started/prometheus.yml"], {
    encoding: "utf8",
  });
  const composed = execFileSync("promtool", ["check", "config", "--syntax-only", "packaging/compose/prometheus.yml"], {
    encoding: "utf8",
  });
  const alerting = execFileSync("amtool", ["check-config", "packaging/compose/alertmanager.yml"], { encoding: "utf8" });

  expect(started).toMatch(/SUCCESS: \d+ rules found/);
  expect(composed).toContain("SUCCESS");
  expect(alerting).toContain("SUCCESS");
});

test("everything that the image copies exists and is sent to the builder", () => {
  const copied = instructions
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));

  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !existsSync(path) || !isKept(path))).toEqual([]);
});

test("the image brings all that the build reads, and runs without root", () => {
  const { include } = JSON.parse(readFileSync("tsconfig.build.json", "utf8"));
  const copied = instructions.filter((line) => line.startsWith("COPY ")).join(" ");

  for (const folder of include) expect(copied).toContain(` ${folder} `);
  expect(instructions.filter((line) => line.startsWith("USER"))).toEqual(["USER 1000:1000"]);
  expect(instructions.some((line) => line.startsWith("HEALTHCHECK"))).toBe(true);
});

test("each board that Grafana is given is a bare model of its own", () => {
  const boards = readdirSync("dashboards")
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(`dashboards/${name}`, "utf8")));
  const ids = boards.map((board) => board.uid);

  expect(boards.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(boards.length);
  for (const board of boards) expect(board).not.toHaveProperty("__inputs");
});
