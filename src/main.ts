#!/usr/bin/env node
import { CannotRunError, EXIT, UsageError } from "./commands/usage.ts";
import { ConfigError } from "./config/issues.ts";
import { version } from "./package.ts";

type Command = (argv: readonly string[]) => Promise<number>;

/** Each command is loaded when it is called: probing once needs neither web server nor boards. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./commands/serve.ts")).serve,
  probe: async () => (await import("./commands/probe.ts")).probe,
  reflect: async () => (await import("./commands/reflect.ts")).reflect,
  check: async () => (await import("./commands/check.ts")).check,
  rules: async () => (await import("./commands/rules.ts")).rules,
  dashboards: async () => (await import("./commands/dashboards.ts")).dashboards,
};

const help = `virtloss ${version}: packet loss in virtualized networks, measured and explained

  virtloss serve       the exporter for Prometheus
  virtloss probe       measure the loss of one path once
  virtloss reflect     answer STAMP packets, so that the other end sees in which direction packets are lost
  virtloss check       validate a configuration and say what would run
  virtloss rules       write the alert rules with your thresholds
  virtloss dashboards  write the Grafana boards

virtloss COMMAND --help tells more; for example: virtloss probe 192.0.2.1 --count 1000 --rate 100
`;

async function main(argv: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = argv;
  if (name === "--version" || name === "-v") {
    process.stdout.write(`virtloss ${version}\n`);
    return EXIT.fine;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw new UsageError(`there is no command ${JSON.stringify(name)}; try virtloss --help`);
  const command = await load();
  return command(rest);
}

/** What an operator can act on is one message and an exit code; anything else is our own bug and ends with its stack. */
function exitCode(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof CannotRunError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.cannotRun;
  }
  throw error;
}

process.exitCode = await main(process.argv.slice(2)).catch(exitCode);
