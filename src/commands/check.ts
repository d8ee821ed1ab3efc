import type { ServerOptions } from "../collectors/server-options.ts";
import { formatNetwork } from "../config/cidr.ts";
import { packetsPerSecondOf } from "../config/found-paths.ts";
import { ConfigError } from "../config/issues.ts";
import { formatListen } from "../config/listen.ts";
import { loadConfig } from "../config/load.ts";
import { type PathConfig, type Size, sizeLabel, sizesOver } from "../config/path.ts";
import type { Config } from "../config/schema.ts";
import { bitsPerSecondOf, seriesOf } from "../config/weight.ts";
import { LONGEST_TCP_TIMEOUT_SECONDS } from "../prober/limits.ts";
import { EXIT, parseCommandLine, UsageError } from "./usage.ts";

const help = `virtloss check --config FILE

Validates a configuration with its path files, and prints what would run and how many series it makes.
Sends nothing and resolves no name. Exit: 0 valid; 2 not, with every error on stderr.

Example: virtloss check --config /etc/virtloss/virtloss.yaml
`;

/** `virtloss check`. @returns the exit code */
export async function check(argv: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(argv, { config: { type: "string" } });
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  if (values.config === undefined)
    throw new UsageError("expected --config FILE, for example: virtloss check --config virtloss.yaml");
  try {
    const config = await loadConfig(values.config);
    process.stdout.write(renderPlan(values.config, config));
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const count = error.issues.length === 1 ? "1 error" : `${error.issues.length} errors`;
    process.stderr.write(`${error.message}\n${count}; nothing would run\n`);
    return EXIT.usage;
  }
}

/** What a configuration makes the exporter do, for people. */
export function renderPlan(file: string, config: Config): string {
  const series = config.paths.reduce((sum, path) => sum + seriesOf(path), 0);
  const packets = packetsPerSecondOf(config.paths);
  const bits = config.paths.reduce((sum, path) => sum + bitsPerSecondOf(path), 0);
  const names = Object.keys(config.collectors);
  const off = names.filter((name) => config.collectors[name]?.enabled === false);
  const on = names.filter((name) => !off.includes(name));
  return [
    `${file} is valid`,
    "",
    config.pathsAreDefault ? "No paths configured: only loopback is probed, as the control path.\n" : "",
    ...table([
      ["PATH", "SCOPE", "TARGET", "PROTOCOLS", "SIZES", "PACKETS/S", "TIMEOUT", "SERIES"],
      ...config.paths.map(pathRow),
    ]),
    "",
    `${count(config.paths.length, "path")}, ${packets} packets/s, about ${bitRate(bits)} each way, ${series} series`,
    ...discoveryLines(config),
    `collectors: ${on.join(", ") || "none"}${off.length > 0 ? ` (off: ${off.join(", ")})` : ""}`,
    ...serverLines(config),
    ...reflectorLine(config),
    ...probeEndpointLine(config),
    `listens on ${formatListen(config.web.listen)}; POST /-/reload is ${config.web.enableLifecycle ? "on" : "off"}`,
    ...config.warnings.map((warning) => `warning: ${warning}`),
    "",
  ]
    .filter((line, i, lines) => line !== "" || lines[i - 1] !== "")
    .join("\n");
}

/** Servers on other machines, in words. */
function serverLines({ collectors }: Config): string[] {
  const servers = (name: string) => {
    const { enabled, options } = collectors[name] ?? { enabled: false, options: [] };
    return enabled ? (options as readonly (ServerOptions & { readonly intervalSeconds: number })[]) : [];
  };
  const line = (product: string, { name, username, intervalSeconds }: ReturnType<typeof servers>[number]) =>
    `reads ${product} ${name} as ${username} every ${intervalSeconds} s`;
  return [
    ...servers("vcenter").map((server) => line("vCenter", server)),
    ...servers("nsx").map((server) => line("NSX manager", server)),
  ];
}

function reflectorLine({ reflector }: Config): string[] {
  if (!reflector) return [];
  const mode = reflector.keys.length > 0 ? "authenticated" : "plain";
  const networks = reflector.allow.map(formatNetwork).join(" ") || "nobody";
  return [`answers STAMP on ${formatListen(reflector.listen)}, ${mode}, for ${networks}`];
}

function probeEndpointLine({ probe }: Config): string[] {
  if (!probe) return [];
  if (probe.allow.length === 0) return ["GET /probe is off: no networks are allowed"];
  const modules = Object.keys(probe.modules).join(", ");
  const runs = count(probe.concurrency, "run");
  const networks = probe.allow.map(formatNetwork).join(" ");
  return [`answers GET /probe with the modules ${modules}, ${runs} at once, for targets in ${networks}`];
}

/** What would be asked for more paths; nothing is asked here. */
function discoveryLines({ discovery: { urls, names } }: Config): string[] {
  const sources = [
    ...urls.map(({ label, refreshSeconds }) => `${label}, over HTTP every ${refreshSeconds} s`),
    ...names.map((source) => {
      const example = source.type === "SRV" ? "TARGET:PORT" : "ADDRESS";
      const scope = String(source.template["scope"]);
      return `${source.label} records, in DNS every ${source.refreshSeconds} s: paths ${source.name}/${example}, scope ${scope}`;
    }),
  ];
  return sources.map((source) => `more paths from ${source}`);
}

function pathRow(path: PathConfig): string[] {
  return [
    path.name,
    path.scope,
    path.ipVersion === undefined ? path.target : `${path.target} (IPv${path.ipVersion})`,
    path.protocols.join(","),
    sizesOf(path).map(sizeLabel).join(","),
    String(path.ratePerSecond),
    timeouts(path),
    String(seriesOf(path)),
  ];
}

/** As in the label; tcp has none of those that are configured. */
function sizesOf(path: PathConfig): Size[] {
  return [...new Set(path.protocols.flatMap((protocol) => sizesOver(path, protocol)))];
}

/** Of tcp it is shorter where it has to be. */
function timeouts({ protocols, timeoutSeconds }: PathConfig): string {
  const tcp = Math.min(timeoutSeconds, LONGEST_TCP_TIMEOUT_SECONDS);
  if (!protocols.includes("tcp") || tcp === timeoutSeconds) return `${timeoutSeconds} s`;
  return protocols.length === 1 ? `${tcp} s` : `${timeoutSeconds} s, tcp ${tcp} s`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function bitRate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toPrecision(3)} Mbit/s`;
  return `${(bitsPerSecond / 1e3).toPrecision(3)} kbit/s`;
}
