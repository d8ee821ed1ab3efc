#!/usr/bin/env node
import { check } from "./commands/check.ts";
import { dashboards } from "./commands/dashboards.ts";
import { probe } from "./commands/probe.ts";
import { rules } from "./commands/rules.ts";
import { serve } from "./commands/serve.ts";
import { CannotRunError, EXIT, UsageError } from "./commands/usage.ts";
import { ConfigError } from "./config/issues.ts";
import { version } from "./version.ts";

const commands: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  serve,
  probe,
  check,
  rules,
  dashboards,
};

const help = `virtloss ${version}: packet loss in virtualized networks, measured and explained

  virtloss serve       the exporter for Prometheus
  virtloss probe       measure the loss of one path once
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
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}; try virtloss --help`);
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
