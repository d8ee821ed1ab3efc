import { readFile } from "node:fs/promises";
import { realFiles } from "../config/files.ts";
import { readConfigApart } from "../config/read-apart.ts";
import type { ReflectorConfig } from "../config/reflector-schema.ts";
import type { Config } from "../config/schema.ts";
import { createConfigSource } from "../config/source.ts";
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
import { keepHeapSmall } from "./heap.ts";
import { stopSignal } from "./stop-signal.ts";
import { CannotRunError, EXIT, parseCommandLine } from "./usage.ts";

const help = `virtloss serve [--config FILE] [--listen [ADDRESS]:10862] [--path SCOPE=TARGET]...

The exporter: probes its paths all the time and serves /metrics, a status page and health on port 10862.
Without paths it probes loopback alone: no packet leaves this machine unasked.

  --config FILE         configuration, YAML; see virtloss check
  --listen [ADDR]:PORT  where to serve; without an address on all of this machine's
  --path SCOPE=TARGET   a path to probe: scope colocated, gateway, external or control; target an address, a name or
                        default-gateway

SIGHUP reads the configuration again. Exit: 0 stopped; 2 usage or configuration; 3 cannot run.
Example: virtloss serve --path gateway=default-gateway --path external=192.0.2.1
`;

/** `virtloss serve`: runs until it is told to stop. @returns the exit code */
export async function serve(argv: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(argv, {
    config: { type: "string" },
    listen: { type: "string" },
    path: { type: "string", multiple: true, default: [] },
  });
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  keepHeapSmall();
  // From the first moment on, because a SIGHUP without a handler ends the process; what is loaded then is new anyway.
  let reload = (): unknown => undefined;
  process.on("SIGHUP", () => reload());
  const overrides = { paths: values.path, ...(values.listen !== undefined && { listen: values.listen }) };
  const source = createConfigSource({ file: values.config, overrides, read: readConfigApart });
  const config = await source.load();
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
  reload = () => exporter.reload("SIGHUP");
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
  return EXIT.fine;
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
