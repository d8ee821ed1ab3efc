import { exporterRunbooks, renderRules } from "../../alerts/rules/render.ts";
import { loadConfig } from "../config/load.ts";
import { EXIT, parseCommandLine } from "./usage.ts";
import { writeFiles } from "./write-files.ts";

const help = `virtloss rules [--config FILE] [--out DIR] [--runbooks URL]

Writes the recording rules and alerts for Prometheus 2.42 or later, with the thresholds of the configuration.

  --config FILE   the exporter's configuration; without it the default thresholds
  --out DIR       write DIR/virtloss.rules.yaml; without it the rules go to stdout
  --runbooks URL  where your runbooks are; without it each exporter's own pages

Exit: 0 fine; 2 usage or configuration; 3 cannot write.
Example: virtloss rules --config /etc/virtloss/virtloss.yml --out /etc/prometheus/rules
`;

/** `virtloss rules`: the rules file with the configured thresholds. @returns the exit code */
export async function rules(argv: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(argv, {
    config: { type: "string" },
    out: { type: "string" },
    runbooks: { type: "string", default: exporterRunbooks },
  });
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const { thresholds } = await loadConfig(values.config);
  const text = renderRules({ thresholds, runbooks: values.runbooks.replace(/\/+$/, "") });
  if (values.out === undefined) process.stdout.write(text);
  else await writeFiles(values.out, [{ name: "virtloss.rules.yaml", text }]);
  return EXIT.fine;
}
