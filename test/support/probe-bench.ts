import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWire, type Wire } from "./lab.ts";
import { type ProbingExporter, startProbing } from "./probing-exporter.ts";

/** A wire, a folder and an exporter for each test of the file that asks for it; all end with the test. */
export interface ProbeBench {
  readonly wire: Wire;
  readonly directory: string;
  readonly exporter: ProbingExporter;
  /** Run after the test, last first. */
  readonly ends: (() => unknown)[];
  /** Starts the exporter. @param prefix command that it runs under */
  serve(config: string, prefix?: readonly string[], file?: string): Promise<void>;
}

export function useProbeBench(): ProbeBench {
  const ends: (() => unknown)[] = [];
  let wire: Wire;
  let directory: string;
  let exporter: ProbingExporter;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "virtloss-probe-"));
    wire = await createWire();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await wire.remove();
    rmSync(directory, { recursive: true });
  });
  return {
    ends,
    get wire() {
      return wire;
    },
    get directory() {
      return directory;
    },
    get exporter() {
      return exporter;
    },
    async serve(config, prefix, file) {
      exporter = await startProbing(wire, directory, config, prefix, file);
      ends.push(() => exporter.stop());
    },
  };
}
