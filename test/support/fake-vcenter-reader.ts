import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { VcenterOptions } from "../../src/collectors/vcenter/options.ts";
import type { Host } from "../../src/kernel/host.ts";
import type { Certificates } from "./certificates.d.mts";
import { makeCertificates } from "./certificates.mjs";
import type { FakeVcenter, FakeVcenterOptions } from "./fake-vcenter.d.mts";
import { startFakeVcenter } from "./fake-vcenter.mjs";
import { createFixtureHost } from "./fixture-host.ts";
import { openReading, type VcenterReading } from "./reading-vcenter.ts";

export interface VcenterReader extends VcenterReading {
  setPassword(password: string): void;
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
      const server = { url, caFile: certificates.caFile, username: "reader@vsphere.local", passwordFile: file };
      const opened = openReading(server, { timeoutSeconds: 5, intervalSeconds: 30, ...options }, host, 20_000);
      const reader = { ...opened, setPassword: (next: string) => writeFileSync(file, `${next}\n`) };
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
