import { loadConfig } from "../config/load.ts";
import { EXIT, parseCommandLine } from "./usage.ts";
import { writeFiles } from "./write-files.ts";

const help = `virtloss dashboards [--config FILE] [--out DIR]

Writes the boards for Grafana, with the thresholds of the configuration. Import each file, or let Grafana provision DIR.

  --config FILE  the exporter's configuration; without it the default thresholds
  --out DIR      write one file a board into DIR; without it stdout gets one JSON array of boards

Exit: 0 fine; 2 usage or configuration; 3 cannot write.
Example: virtloss dashboards --out /var/lib/grafana/dashboards
`;

/** `virtloss dashboards`: every board with the configured thresholds. @returns the exit code */
export async function dashboards(argv: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(argv, { config: { type: "string" }, out: { type: "string" } });
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const { thresholds } = await loadConfig(values.config);
  // Grafana's builders are large; the exporter, which shares this program, must not carry them in memory.
  const { boards, renderBoard } = await import("../../dashboards/boards/index.ts");
  const files = boards.map(({ name, build }) => ({ name: `${name}.json`, text: renderBoard(build(thresholds)) }));
  if (values.out === undefined) process.stdout.write(`[\n${files.map(({ text }) => text.trimEnd()).join(",\n")}\n]\n`);
  else await writeFiles(values.out, files);
  return EXIT.fine;
}
