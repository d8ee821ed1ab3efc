import { readFile } from "node:fs/promises";
import { realFiles } from "../config/files.ts";
import type { ReflectorConfig } from "../config/reflector-schema.ts";
import type { Config } from "../config/schema.ts";
import type { ConfigSource } from "../config/source.ts";
import { createSources } from "../discovery/sources.ts";
import { createApp } from "../http/app.ts";
import { CannotListenError, type Listening, listen } from "../http/server.ts";
import { CannotReflectError } from "../kernel/ffi/reflector-socket.ts";
import { createLinuxHost } from "../kernel/linux.ts";
import { createLog, type Log } from "../log.ts";
import { packageFile, version } from "../package.ts";
import { createProbeEngine } from "../prober/engine.ts";
import { thisMachine } from "../prober/resolve/machine.ts";
import { createResolver } from "../prober/resolve/resolver.ts";
import { type Reflector, startReflector } from "../reflector/reflector.ts";
import { addPathsHint, createExporter, type Exporter } from "./exporter.ts";
import { stopSignal } from "./stop-signal.ts";
import { CannotRunError } from "./usage.ts";

/**
 * Wires the parts of `virtloss serve` together and runs them until it is told to stop.
 * @param hungUp did a SIGHUP come since `config` was asked for? It may be older then than what the signal was about
 * @throws CannotRunError
 */
export async function runExporter(config: Config, source: ConfigSource, hungUp: () => boolean): Promise<void> {
  const log = createLog(config.log.level, config.log.format);
  const reflector = config.reflector && started(config.reflector, log);
  const engine = createProbeEngine({
    receiveBufferBytes: config.prober.receiveBufferBytes,
    onDone: (slot) => exporter.probes.engineEvents.done(slot),
    onDenied(message) {
      log.error({ remedy: message }, "paths cannot be probed");
      exporter.probes.engineEvents.denied();
    },
    onWorkerDied(error) {
      log.error({ err: error }, "the probe engine's worker died and is started again");
      exporter.probes.engineEvents.workerDied();
    },
  });
  const host = createLinuxHost();
  const machine = thisMachine();
  const { watchTarget } = createResolver(machine);
  const pathSources = ({ discovery }: Config) => createSources(discovery, realFiles, machine);
  const exporter = createExporter(config, { source, host, engine, watchTarget, machine, pathSources, reflector, log });
  process.on("SIGHUP", () => exporter.reload("SIGHUP"));
  if (hungUp()) void exporter.reload("SIGHUP");
  const server = await listening(exporter, config, log).catch(async (error: unknown) => {
    await Promise.all([exporter.stop(), reflector?.stop()]);
    throw error instanceof CannotListenError ? new CannotRunError(error.message) : error;
  });

  for (const warning of config.warnings) log.warn({ warning }, "configuration");
  if (config.pathsAreDefault) log.info(addPathsHint);
  log.info({ url: server.url, version, paths: config.paths.length }, "virtloss serves");
  await stopSignal();
  log.info("virtloss stops");
  exporter.probes.stop();
  await server.close();
  await Promise.all([exporter.stop(), reflector?.stop()]);
}

function listening(exporter: Exporter, config: Config, log: Log): Promise<Listening> {
  const app = createApp({
    render: exporter.render,
    contentType: exporter.contentType,
    health: () => ({ ok: true }),
    ready() {
      const waitingFor = exporter.untried();
      return { ready: waitingFor.length === 0, waitingFor };
    },
    status: exporter.status,
    probes: exporter.probes,
    runbook: (alert) => readFile(packageFile(`alerts/runbooks/${alert}.md`), "utf8").catch(() => undefined),
    ...(config.web.enableLifecycle && { reload: () => exporter.reload("POST /-/reload") }),
    log,
  });
  const { host = "", port } = config.web.listen;
  return listen(app, { host, port }, log);
}

/** @throws CannotRunError where its port cannot be had */
function started(config: ReflectorConfig, log: Log): Reflector {
  try {
    const reflector = startReflector(config, (error) =>
      log.error({ err: error }, "the reflector's worker died and is started again"),
    );
    log.info({ listens: reflector.listens, authenticated: config.keys.length > 0 }, "answers STAMP packets");
    return reflector;
  } catch (error) {
    throw error instanceof CannotReflectError ? new CannotRunError(`reflector: ${error.message}`) : error;
  }
}
