import { readConfigApart } from "../config/read-apart.ts";
import { createConfigSource } from "../config/source.ts";
import { ProcessEndedError } from "../kernel/ask-process.ts";
import { keepHeapSmall } from "./heap.ts";
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
  // From the first moment on, because a SIGHUP without a handler ends the process.
  let hungUp = false;
  process.on("SIGHUP", () => {
    hungUp = true;
  });
  const overrides = { paths: values.path, ...(values.listen !== undefined && { listen: values.listen }) };
  const source = createConfigSource({ file: values.config, overrides, read: readConfigApart });
  // This process may have begun anew just now: so the parts are loaded no sooner, and while the configuration is read.
  const [config, { runExporter }] = await Promise.all([
    source.load().catch(cannotRunWithout),
    import("./run-exporter.ts"),
  ]);
  await runExporter(config, source, () => hungUp);
  return EXIT.fine;
}

function cannotRunWithout(error: unknown): never {
  throw error instanceof ProcessEndedError ? new CannotRunError(error.message) : error;
}
