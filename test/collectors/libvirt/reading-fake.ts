import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "../../../src/collectors/collector.ts";
import { libvirt } from "../../../src/collectors/libvirt/index.ts";
import type { Host } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import type { AnySample } from "../../../src/metrics/define.ts";
import { type FakeLibvirtd, startFakeLibvirtd } from "../../support/fake-libvirtd.mjs";

export interface Read {
  readonly samples: readonly AnySample[];
  readonly notes: readonly string[];
}

/** A fake libvirtd and the collector that reads it. */
export interface Bench {
  readonly path: string;
  readonly daemon: FakeLibvirtd;
  read(): Promise<Read>;
  /** The daemon ends; another begins at the same socket. */
  restart(domains: number): Promise<FakeLibvirtd>;
  stop(): Promise<void>;
}

export const silentHost = createLinuxHost();

export async function startBench(domains: number, host: Host = silentHost): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-libvirt-"));
  const path = join(directory, "sock");
  let daemon = await startFakeLibvirtd(path, { domains });
  const source: Source = libvirt.open(host, { uri: `qemu+unix:///system?socket=${path}` });
  return {
    path,
    get daemon() {
      return daemon;
    },
    async read() {
      const notes: string[] = [];
      const samples = await source.read(new AbortController().signal, (note) => notes.push(note));
      return { samples, notes };
    },
    async restart(count) {
      await daemon.stop();
      daemon = await startFakeLibvirtd(path, { domains: count });
      return daemon;
    },
    async stop() {
      source.close();
      await daemon.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Series of one metric: their labels but those of the machine, and their values. */
export function valuesOf({ samples }: Read, name: string, ...labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    samples.flatMap((sample) =>
      sample.metric.name === `virtloss_${name}` && "value" in sample
        ? [[labels.map((label) => sample.labels[label]).join(" "), sample.value]]
        : [],
    ),
  );
}
