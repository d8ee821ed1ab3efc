import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Wire } from "./lab.ts";
import { readScrape, type Scrape, type ServingExporter, startExporter } from "./serving-exporter.ts";

/** An exporter whose /probe is asked by curl from inside its namespace. */
export interface ProbingExporter extends ServingExporter {
  ask(query: string, ...curlArguments: string[]): Promise<{ readonly status: number; readonly body: string }>;
  /** @throws Error where there was no run */
  probe(query: string, ...curlArguments: string[]): Promise<Scrape>;
}

/** @param directory for its configuration, YAML @param prefix as of startExporter */
export async function startProbing(
  wire: Wire,
  directory: string,
  config: string,
  prefix: readonly string[] = [],
  file?: string,
): Promise<ProbingExporter> {
  const configFile = join(directory, "virtloss.yaml");
  writeFileSync(configFile, config);
  const exporter = await startExporter(wire.prober, ["--config", configFile], prefix, file);
  const probing: ProbingExporter = {
    ...exporter,
    async ask(query, ...curlArguments) {
      const answer = await exporter.get(`/probe?${query}`, "-w", "\n%{http_code}", ...curlArguments);
      const end = answer.lastIndexOf("\n");
      return { status: Number(answer.slice(end + 1)), body: answer.slice(0, end) };
    },
    async probe(query, ...curlArguments) {
      const { status, body } = await probing.ask(query, ...curlArguments);
      if (status !== 200) throw new Error(`${query}: ${status} ${body}`);
      return readScrape(body);
    },
  };
  return probing;
}
