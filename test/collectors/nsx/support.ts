import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "../../../src/collectors/collector.ts";
import { createNsx } from "../../../src/collectors/nsx/index.ts";
import type { NsxOptions } from "../../../src/collectors/nsx/options.ts";
import type { Host } from "../../../src/kernel/host.ts";
import type { AnySample } from "../../../src/metrics/define.ts";
import { type Certificates, makeCertificates } from "../../support/certificates.mjs";
import { type FakeNsx, type FakeNsxOptions, startFakeNsx } from "../../support/fake-nsx.mjs";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { seriesOf } from "../../support/series.ts";

/** Path of the policies in which firewall rules are. */
export const POLICIES = "/infra/domains/default/security-policies";

export interface Reading {
  readonly samples: readonly AnySample[];
  readonly series: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

/** Managers for the tests of one file. */
export interface NsxLab {
  readonly certificates: Certificates;
  /** The password that the exporter knows. */
  password: string;
  /** Milliseconds since the lab began, as the collector sees them. */
  nowMs: number;
  readonly host: Host;
  start(options?: Partial<FakeNsxOptions>): Promise<FakeNsx>;
  /** An open source, closed with the lab. */
  open(nsx: { readonly url: string }, options?: Partial<NsxOptions>): Source;
  stop(): Promise<void>;
}

export function createNsxLab(): NsxLab {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-nsx-"));
  const certificates = makeCertificates(directory);
  const managers: FakeNsx[] = [];
  const sources: Source[] = [];

  const lab: NsxLab = {
    certificates,
    password: "right",
    nowMs: 0,
    host: {
      ...createFixtureHost("linux-6.18-virtio"),
      readText: async (path) => readFileSync(path, "utf8"),
      environment: () => lab.password,
    },
    async start(options) {
      const nsx = await startFakeNsx({ certificate: certificates.good, ...options });
      managers.push(nsx);
      return nsx;
    },
    open({ url }, options) {
      const source = createNsx(() => lab.nowMs).open(lab.host, {
        name: "nsx-a",
        url,
        username: "monitor",
        password: { variable: "NSX_PASSWORD" },
        timeoutSeconds: 5,
        tls: { caFile: certificates.caFile, serverName: undefined, insecureSkipVerify: false },
        intervalSeconds: 60,
        segmentsAtOnce: 200,
        topRules: 50,
        ...options,
      });
      sources.push(source);
      return source;
    },
    async stop() {
      for (const source of sources) source.close();
      await Promise.all(managers.map((nsx) => nsx.stop()));
      rmSync(directory, { recursive: true });
    },
  };
  return lab;
}

export async function readOnce(source: Source, signal = new AbortController().signal): Promise<Reading> {
  const notes: string[] = [];
  const samples = await source.read(signal, (note) => notes.push(note));
  return { samples, series: seriesOf(samples), notes };
}

/** Values of one metric, by its labels other than `server`. */
export function valuesOf({ samples }: Reading, name: string, ...labels: string[]): Record<string, number> {
  return Object.fromEntries(
    samples.flatMap((one) =>
      one.metric.name === name && "value" in one
        ? [[labels.map((label) => one.labels[label]).join(" "), one.value] as const]
        : [],
    ),
  );
}
