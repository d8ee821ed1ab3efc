import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServingExporter, startExporter } from "../../support/serving-exporter.ts";
import { firstScrapeOfGuest, scrapeGuest } from "../../support/vm/guest-exporter.ts";
import { createHypervisor, type Hypervisor } from "../../support/vm/hypervisor.ts";
import { type Machine, startVm } from "../../support/vm/machine.ts";

const NAME = "lab-vm";
const UUID = "8f1c9a52-3f0e-4f8e-9d55-0c3a5e7b1d21";

let directory: string;
let hypervisor: Hypervisor;
let machine: Machine;
let exporter: ServingExporter;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-vm-"));
  hypervisor = await createHypervisor(directory);
  await hypervisor.startLibvirt();
  exporter = await startExporter(hypervisor.host, []);
  machine = await startVm(hypervisor, NAME, UUID);
  await firstScrapeOfGuest(hypervisor.host, machine);
}, 120_000);

afterAll(async () => {
  await machine?.destroy();
  await exporter?.stop();
  await hypervisor?.remove();
  rmSync(directory, { recursive: true });
});

test("the guest knows itself by the UUID that its host gave it", async () => {
  const guest = await scrapeGuest(hypervisor.host);

  expect(guest.sum("virtloss_guest_info", { vm_uuid: UUID })).toBe(1);
});
