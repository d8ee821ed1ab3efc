import { largeInventory } from "../../support/fake-vcenter-examples.mjs";
import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());

const MACHINES = 2100;
const machinesOf = (told: { by(name: string, ...labels: string[]): Record<string, number> }) =>
  Object.keys(told.by("virtloss_vm_vcpus", "vm"));

test("three parts have every machine once", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(MACHINES) });

  const parts = await Promise.all([0, 1, 2].map((index) => bench.open(vcenter, { shard: { index, count: 3 } }).read()));

  expect(parts.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
  for (const part of parts) expect(machinesOf(part).length).toBeGreaterThan(0);
  expect(parts.flatMap(machinesOf).sort()).toEqual(vcenter.inventory.vms.map(({ name }) => name).sort());
});

test("a machine that moves into a chosen cluster is read from then on, and one that moves out is not", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(MACHINES) });
  const reader = bench.open(vcenter, { clusters: ["Cluster 8"] });
  const before = machinesOf(await reader.read());
  const [inside, outside] = [vcenter.inventory.vms[0], vcenter.inventory.vms.at(-1)];
  if (!inside || !outside) throw new Error("expected machines in both clusters");
  [inside.host, outside.host] = [outside.host, inside.host];
  vcenter.changed();

  const after = machinesOf(await reader.read());

  expect(before).toHaveLength(1000);
  expect(before).toContain(inside.name);
  expect(after).toHaveLength(1000);
  expect(after).not.toContain(inside.name);
  expect(after).toContain(outside.name);
});

test("a host that joins a chosen cluster brings its machines", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(MACHINES) });
  const reader = bench.open(vcenter, { clusters: ["Cluster 9"] });
  const before = machinesOf(await reader.read());
  const joining = vcenter.inventory.hosts[0];
  if (!joining) throw new Error("expected a host");
  joining.cluster = "domain-c9";
  vcenter.changed();

  const after = machinesOf(await reader.read());

  expect([before.length, after.length]).toEqual([1000, 1050]);
});
