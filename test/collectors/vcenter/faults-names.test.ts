import type { FakeInventory, FakeVm } from "../../support/fake-vcenter.d.mts";
import { smallInventory, vm } from "../../support/fake-vcenter-examples.mjs";
import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";
import type { Told } from "../../support/reading-vcenter.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());

const START = Date.parse("2026-11-23T10:00:00Z");

async function readOf(inventory: FakeInventory): Promise<Told> {
  const vcenter = await bench.startVcenter({ inventory });
  for (const { id } of inventory.vms) vcenter.performance.add(id, "cpu.ready.summation", "0", START, 1);
  return bench.open(vcenter).read();
}

/** The first machine's facts, changed. */
async function readWith(change: Partial<FakeVm>): Promise<Told> {
  const inventory = smallInventory();
  return readOf({ ...inventory, vms: [{ ...vm(101, "host-11"), ...change }] });
}

const names = [
  "plain",
  "with space",
  "50% / half \\ back",
  "%2f is text",
  'quotes " and \' and <angles> & "ampersands"',
  "two\nlines\tand a tab",
  "größe 日本語 🦊",
  "\u202eright to left\u202c",
  "e\u0301 combining",
  '{braces="like",labels}',
  "$(reboot); `id`",
  "]]>",
  "x".repeat(5000),
];

test("every name is told as people see it, whatever is in it", async () => {
  const inventory = smallInventory();
  inventory.vms = names.map((name, i) => ({ ...vm(101 + i, "host-11"), name }));

  const told = await readOf(inventory);

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(Object.keys(told.by("virtloss_vm_vcpus", "vm")).sort()).toEqual([...names].sort());
  expect(Object.keys(told.by("virtloss_vcpu_ready_seconds_total", "vm")).sort()).toEqual([...names].sort());
});

test("names of hosts, clusters, switches and port groups too", async () => {
  const inventory = smallInventory();
  const odd = 'a/b\\c%d "ü" 🦊';
  inventory.clusters = inventory.clusters.map((cluster) => ({ ...cluster, name: `c ${odd}` }));
  inventory.hosts = inventory.hosts.map((host, i) => ({ ...host, name: `h${i} ${odd}` }));
  inventory.switches = inventory.switches.map((distributed) => ({
    ...distributed,
    name: `s ${odd}`,
    portgroups: distributed.portgroups.map((portgroup, i) => ({ ...portgroup, name: `p${i} ${odd}` })),
  }));

  const told = await readOf(inventory);

  expect(told.by("virtloss_host_info", "host", "cluster")).toEqual({
    [`h0 ${odd} c ${odd}`]: 1,
    [`h1 ${odd} c ${odd}`]: 1,
  });
  expect(told.by("virtloss_vm_nic_info", "vm", "network")[`vm101 p0 ${odd}`]).toBe(1);
  expect(
    told.by("virtloss_portgroup_security_policy", "network", "switch", "policy")[`p0 ${odd} s ${odd} promiscuous`],
  ).toBe(1);
});

test("copies of a machine with one name and one UUID are series of their own", async () => {
  const inventory = smallInventory();
  const { uuid } = vm(101, "host-11");
  inventory.vms = [101, 102, 103].map((number) => ({ ...vm(number, "host-11"), name: "copy", uuid }));

  const told = await readOf(inventory);

  expect(Object.keys(told.by("virtloss_vm_vcpus", "vm"))).toHaveLength(3);
  expect(told.duplicates).toEqual([]);
});

test("two port groups of one name and two NICs of one MAC make no series twice", async () => {
  const inventory = smallInventory();
  const [distributed] = inventory.switches;
  inventory.switches.push({
    id: "dvs-30",
    name: distributed?.name ?? "",
    uuid: "50 00",
    portgroups: [{ id: "dvportgroup-31", name: "Servers", in: { average: 8, peak: 8, burst: 8 } }],
  });
  const mac = "00:50:56:00:00:01";
  inventory.vms = [
    {
      ...vm(101, "host-11"),
      nics: [
        { type: "VirtualVmxnet3", mac, portgroup: "dvportgroup-21" },
        { type: "VirtualE1000", mac, portgroup: "dvportgroup-31" },
      ],
    },
  ];

  const told = await readOf(inventory);

  expect(told.state).toBe("ok");
  expect(told.duplicates).toEqual([]);
});

const adapters = [
  ["VirtualE1000", "e1000", "emulated"],
  ["VirtualE1000e", "e1000e", "emulated"],
  ["VirtualPCNet32", "pcnet32", "emulated"],
  ["VirtualVmxnet2", "vmxnet2", "paravirtual"],
  ["VirtualVmxnet3", "vmxnet3", "paravirtual"],
  ["VirtualVmxnet3Vrdma", "vmxnet3vrdma", "paravirtual"],
  ["VirtualSriovEthernetCard", "sriov", "passthrough"],
  ["VirtualQuantumnet7", "quantumnet7", "unknown"],
] as const;

test.each(adapters)("an adapter of the class %s is a %s, %s", async (type, model, kind) => {
  const told = await readWith({ nics: [{ type, mac: "00:50:56:AB:CD:EF", network: "VM Network" }] });

  expect(told.by("virtloss_vm_nic_info", "mac", "model", "kind", "network")).toEqual({
    [`00:50:56:ab:cd:ef ${model} ${kind} VM Network`]: 1,
  });
});

test("numbers that are text with spaces are numbers, other text is unknown and no zero", async () => {
  const told = await readWith({ cpus: " 2 ", memoryMB: "NaN", reservationMHz: " 500 ", limitMHz: "unlimited" });

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(told.by("virtloss_vm_vcpus", "vm")).toEqual({ vm101: 2 });
  expect(told.by("virtloss_vm_memory_max_bytes", "vm")).toEqual({});
  expect(told.by("virtloss_vm_cpu_reservation_hertz", "vm")).toEqual({ vm101: 500_000_000 });
  expect(told.by("virtloss_vm_cpu_limit_hertz", "vm")).toEqual({});
});

test.each(["1e6", "-3", "many"])("a machine that claims %s vCPUs costs no more than another", async (cpus) => {
  const told = await readWith({ cpus });

  expect(told.durationSeconds).toBeLessThan(4);
  expect(told.by("virtloss_vm_vcpus", "vm")).toEqual({});
});

test("a port group's limits in text that is no number are not told", async () => {
  const inventory = smallInventory();
  const [distributed] = inventory.switches;
  if (distributed)
    distributed.portgroups = [
      { id: "dvportgroup-21", name: "Servers", in: { average: " 800 ", peak: "NaN", burst: "-" } },
    ];

  const told = await readOf(inventory);

  expect(told.state).toBe("ok");
  expect(told.by("virtloss_network_limit_bytes_per_second", "network", "vm")["Servers "]).toBe(100);
  expect(told.by("virtloss_network_limit_peak_bytes_per_second", "network", "vm")).not.toHaveProperty(["Servers "]);
});

const outside: readonly (readonly [what: string, change: Partial<FakeVm>])[] = [
  ["is switched off", { power: "poweredOff" }],
  ["is suspended", { power: "suspended" }],
  ["is a template", { template: true, power: "poweredOff" }],
  ["is orphaned", { connection: "orphaned" }],
  ["is on a host that is gone", { connection: "disconnected" }],
];

test.each(outside)("a machine that %s is not told of", async (_, change) => {
  const told = await readWith(change);

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(told.by("virtloss_vm_info", "vm")).toEqual({});
  expect(told.by("virtloss_vcenter_machines", "server")).toEqual({ vc: 0 });
});

test("a machine whose files cannot be read has a name, and nothing is made up about it", async () => {
  const told = await readWith({ config: false });

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(told.by("virtloss_vm_info", "vm", "vm_uuid")).toEqual({ "vm101 ": 1 });
  expect(told.by("virtloss_vm_vcpus", "vm")).toEqual({});
});

test("hosts that do not answer or are in maintenance are told as such", async () => {
  const inventory = smallInventory();
  const [first, second] = inventory.hosts;
  inventory.hosts = [
    { ...(first as NonNullable<typeof first>), connection: "notResponding" },
    { ...(second as NonNullable<typeof second>), maintenance: true },
  ];

  const told = await readOf(inventory);

  expect(told.by("virtloss_host_info", "host", "state")).toEqual({
    "esx11.example.org notResponding": 1,
    "esx12.example.org maintenance": 1,
  });
});
