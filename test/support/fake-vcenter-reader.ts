import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Reading, readerOf } from "../../src/collectors/reading.ts";
import { collectorSamples } from "../../src/collectors/report.ts";
import { vcenter as collector } from "../../src/collectors/vcenter/index.ts";
import type { VcenterOptions } from "../../src/collectors/vcenter/options.ts";
import type { Host } from "../../src/kernel/host.ts";
import type { Sample } from "../../src/metrics/define.ts";
import type { Certificates } from "./certificates.d.mts";
import { makeCertificates } from "./certificates.mjs";
import type { FakeVcenter, FakeVcenterOptions } from "./fake-vcenter.d.mts";
import { startFakeVcenter } from "./fake-vcenter.mjs";
import { createFixtureHost } from "./fixture-host.ts";

/** What one reading gave, as a scrape would show it. */
export interface Told extends Reading {
  /** `name{label="value",…}` of every series, with its value. */
  readonly series: ReadonlyMap<string, number>;
  /** Series that are there more than once: nothing could scrape them. */
  readonly duplicates: readonly string[];
  /** Of the series of that name, by the labels that were asked for, joined with spaces. */
  by(name: string, ...labels: readonly string[]): Record<string, number>;
}

export interface VcenterReader {
  read(): Promise<Told>;
  setPassword(password: string): void;
  close(): void;
}

export interface VcenterBench {
  readonly certificates: Certificates;
  startVcenter(options?: FakeVcenterOptions): Promise<FakeVcenter>;
  /** The collector, open for the server. */
  open(server: { readonly url: string; readonly password?: string }, options?: Partial<VcenterOptions>): VcenterReader;
  /** Waits until it is so, two seconds at most. */
  eventually(holds: () => boolean): Promise<void>;
  /** Ends everything that was begun. */
  close(): Promise<void>;
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

/** vCenters that are fakes, and the collector that reads them over real HTTPS. */
export function createVcenterBench(): VcenterBench {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-vcenter-"));
  const certificates = makeCertificates(directory);
  const vcenters: FakeVcenter[] = [];
  const readers: VcenterReader[] = [];
  const host: Host = { ...createFixtureHost("linux-6.1-qemu"), readText: (path) => readFile(path, "utf8") };

  return {
    certificates,
    async startVcenter(options) {
      const vcenter = await startFakeVcenter(certificates.good, options);
      vcenters.push(vcenter);
      return vcenter;
    },
    open({ url, password = "secret" }, options) {
      const file = join(directory, `password-${readers.length}`);
      writeFileSync(file, `${password}\n`);
      const source = collector.open(host, {
        name: "vc",
        url,
        username: "reader@vsphere.local",
        password: { file },
        timeoutSeconds: 5,
        tls: { caFile: certificates.caFile, serverName: undefined, insecureSkipVerify: false },
        intervalSeconds: 30,
        clusters: [],
        shard: { index: 0, count: 1 },
        ...options,
      });
      const read = readerOf(source, 20_000, () => performance.now());
      const reader = {
        read: async () => tell(await read()),
        setPassword: (next: string) => writeFileSync(file, `${next}\n`),
        close: () => source.close(),
      };
      readers.push(reader);
      return reader;
    },
    async eventually(holds) {
      for (let i = 0; i < 200 && !holds(); i++) await sleep(10);
    },
    async close() {
      for (const reader of readers) reader.close();
      for (const vcenter of vcenters) await vcenter.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
