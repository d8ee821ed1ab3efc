import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHypervisor, type Hypervisor } from "./hypervisor.ts";

/** What the tests of a file share: a host, a folder, and what ends after them, last first. */
export interface VmBench {
  readonly hypervisor: Hypervisor;
  readonly ends: (() => unknown)[];
}

/** @param prepare starts the machines, in two minutes at most */
export function useVmBench(prepare: (bench: VmBench) => Promise<void>): VmBench {
  const ends: (() => unknown)[] = [];
  let hypervisor: Hypervisor;
  const bench = {
    ends,
    get hypervisor() {
      return hypervisor;
    },
  };
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), "virtloss-vm-"));
    ends.push(() => rmSync(directory, { recursive: true }));
    hypervisor = await createHypervisor(directory);
    ends.push(() => hypervisor.remove());
    await prepare(bench);
  }, 120_000);
  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  }, 60_000);
  return bench;
}
