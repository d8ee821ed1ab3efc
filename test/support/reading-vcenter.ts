import { type Reading, readerOf } from "../../src/collectors/reading.ts";
import { vcenter } from "../../src/collectors/vcenter/index.ts";
import type { VcenterOptions } from "../../src/collectors/vcenter/options.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";

/** What one reading gave. */
export interface Seen extends Reading {
  /** Values of a metric by some of its labels, joined with spaces. */
  by(name: string, ...labels: readonly string[]): Readonly<Record<string, number>>;
}

export interface SimulatedVcenter {
  readonly url: string;
  readonly caFile: string;
  readonly username: string;
}

function seen(reading: Reading): Seen {
  return {
    ...reading,
    by(name, ...labels) {
      const chosen = reading.samples.filter(({ metric }) => metric.name === name);
      return Object.fromEntries(
        chosen.map((sample) => {
          const own: Readonly<Record<string, string>> = sample.labels;
          return [labels.map((label) => own[label]).join(" "), "value" in sample ? sample.value : Number.NaN];
        }),
      );
    },
  };
}

/** The collector, open for a simulated vCenter as a configuration would have it. */
export function openReading(
  { url, caFile, username }: SimulatedVcenter,
  passwordFile: string,
  options: Partial<VcenterOptions> = {},
) {
  const source = vcenter.open(createLinuxHost(), {
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
  const read = readerOf(source, 120_000, () => performance.now());
  return { read: async () => seen(await read()), close: () => source.close() };
}
