import { type Reading, readerOf } from "../../src/collectors/reading.ts";
import { collectorSamples } from "../../src/collectors/report.ts";
import { vcenter } from "../../src/collectors/vcenter/index.ts";
import type { VcenterOptions } from "../../src/collectors/vcenter/options.ts";
import type { Host } from "../../src/kernel/host.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";
import type { Sample } from "../../src/metrics/define.ts";

/** What one reading gave, as a scrape would show it. */
export interface Told extends Reading {
  /** `name{label="value",…}` of every series, with its value. */
  readonly series: ReadonlyMap<string, number>;
  /** Series that are there more than once: nothing could scrape them. */
  readonly duplicates: readonly string[];
  /** Of the series of that name, by the labels that were asked for, joined with spaces. */
  by(name: string, ...labels: readonly string[]): Record<string, number>;
}

/** The collector, open for one server. */
export interface VcenterReading {
  read(): Promise<Told>;
  close(): void;
}

export interface ReadableVcenter {
  readonly url: string;
  readonly caFile: string;
  readonly username: string;
  readonly passwordFile: string;
}

function spelled({ metric, labels }: Sample): string {
  return `${metric.name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(",")}}`;
}

function tell(reading: Reading): Told {
  const report = { name: "vcenter", server: "vc", lastSuccessSeconds: undefined, ...reading };
  const samples = [...collectorSamples([report]), ...reading.samples].filter(
    (sample): sample is Sample => "value" in sample,
  );
  // Only when they are looked at: what takes long here would be taken for the collector's.
  return {
    ...reading,
    get series() {
      return new Map(samples.map((sample) => [spelled(sample), sample.value]));
    },
    get duplicates() {
      const seen = new Set<string>();
      return samples.map(spelled).filter((spelling) => seen.has(spelling) || !seen.add(spelling));
    },
    by(name, ...labels) {
      const chosen = samples.filter(({ metric }) => metric.name === name);
      return Object.fromEntries(
        chosen.map(({ labels: own, value }) => [
          labels.map((label) => (own as Readonly<Record<string, string>>)[label]).join(" "),
          value,
        ]),
      );
    },
  };
}

/** The collector, open for a vCenter as a configuration would have it. @param deadlineMs of a reading */
export function openReading(
  { url, caFile, username, passwordFile }: ReadableVcenter,
  options: Partial<VcenterOptions> = {},
  host: Host = createLinuxHost(),
  deadlineMs = 120_000,
): VcenterReading {
  const source = vcenter.open(host, {
    name: "vc",
    url,
    username,
    password: { file: passwordFile },
    timeoutSeconds: 30,
    tls: { caFile, serverName: undefined, insecureSkipVerify: false },
    intervalSeconds: 20,
    clusters: [],
    shard: { index: 0, count: 1 },
    ...options,
  });
  const read = readerOf(source, deadlineMs, () => performance.now());
  return { read: async () => tell(await read()), close: () => source.close() };
}
