import { readFileSync } from "node:fs";
import { parseDomainXml } from "../../../src/collectors/libvirt/domain-xml.ts";
import { machineOf } from "../../../src/collectors/libvirt/machine.ts";
import { domainStats } from "../../../src/collectors/libvirt/parse.ts";
import { ParseError } from "../../../src/kernel/host.ts";

const captured = (name: string) => readFileSync(`test/fixtures/libvirt-9.0/${name}.xml`, "utf8");

test("a running machine with limits, pins and three kinds of NIC", () => {
  expect(parseDomainXml("web", captured("web"))).toEqual({
    name: "web <1>",
    uuid: "a1b2c3d4-0001-4000-8000-00000000abcd",
    id: 3,
    vcpus: 2,
    pins: new Map([[1, new Set([0, 1])]]),
    otherPins: new Set([0]),
    vcpuQuotaRatio: undefined,
    nics: [
      {
        mac: "52:54:00:77:00:05",
        model: "virtio",
        network: "br0",
        backend: "qemu",
        device: "vnet2",
        queues: 2,
        limits: [
          { direction: "to_guest", bytesPerSecond: 1_000_000, burstBytes: 1_048_576 },
          { direction: "from_guest", bytesPerSecond: 128_000, burstBytes: 262_144 },
        ],
      },
      {
        mac: "52:54:00:77:00:06",
        model: "e1000",
        network: "br0",
        backend: "qemu",
        device: "vnet3",
        queues: 1,
        limits: [],
      },
      { mac: "52:54:00:77:00:07", model: "virtio", network: "", backend: "qemu", device: "", queues: 1, limits: [] },
    ],
  });
});

test("a machine without anything that could be told", () => {
  expect(parseDomainXml("db", captured("db"))).toMatchObject({
    vcpus: 1,
    pins: new Map(),
    otherPins: "all",
    vcpuQuotaRatio: undefined,
    nics: [],
  });
});

const withNic = (nic: string, type = "kvm") =>
  parseDomainXml("web", `<domain type='${type}'><devices>${nic}</devices></domain>`).nics;
const mac = "<mac address='52:54:00:AA:00:01'/>";

test.each([
  [
    "virtio, where libvirt chose",
    `<interface type='bridge'>${mac}<source bridge='br0'/><model type='virtio'/></interface>`,
    { network: "br0", backend: "automatic" },
  ],
  [
    "vhost by its name",
    `<interface type='network'>${mac}<source network='default' bridge='virbr0'/><model type='virtio'/><driver name='vhost' queues='4'/></interface>`,
    { network: "default", backend: "vhost_net", queues: 4 },
  ],
  [
    "Open vSwitch's port in user space",
    `<interface type='vhostuser'>${mac}<source type='unix' path='/run/vhu1' mode='server'/><target dev='vhu1'/><model type='virtio'/></interface>`,
    { backend: "vhost_user", device: "vhu1", network: "" },
  ],
  [
    "Open vSwitch's bridge",
    `<interface type='bridge'>${mac}<source bridge='br-int'/><virtualport type='openvswitch'/><target dev='tap1'/><model type='virtio'/></interface>`,
    { network: "br-int", device: "tap1" },
  ],
  [
    "macvtap",
    `<interface type='direct'>${mac}<source dev='eno1' mode='bridge'/><target dev='macvtap0'/><model type='e1000e'/></interface>`,
    { network: "eno1", backend: "qemu" },
  ],
  [
    "a passed-through function",
    `<interface type='hostdev'>${mac}<source><address type='pci'/></source></interface>`,
    { model: "hostdev", backend: "unknown", queues: undefined },
  ],
  [
    "a floor, which is no limit",
    `<interface type='network'>${mac}<bandwidth><inbound floor='200'/><outbound average='10'/></bandwidth></interface>`,
    { limits: [{ direction: "from_guest", bytesPerSecond: 10_000, burstBytes: undefined }] },
  ],
])("%s", (_, nic, expected) => {
  expect(withNic(nic)).toMatchObject([{ mac: "52:54:00:aa:00:01", ...expected }]);
});

test("without KVM there is no vhost", () => {
  const nic = `<interface type='bridge'>${mac}<model type='virtio'/><driver name='vhost'/></interface>`;
  expect(withNic(nic, "qemu")).toMatchObject([{ backend: "qemu" }]);
  expect(withNic(nic, "xen")).toMatchObject([{ backend: "vhost_net" }]);
});

test.each([
  [true, "vhost_net"],
  [false, "unknown"],
])("what libvirt chose for virtio, with vhost-net there (%s), is %s", (vhostNet, backend) => {
  const facts = parseDomainXml(
    "web",
    `<domain type='kvm'><devices><interface type='bridge'>${mac}<model type='virtio'/></interface></devices></domain>`,
  );
  const domain = { name: "web", uuid: facts.uuid, id: 1, stats: domainStats("web", []) };
  expect(machineOf(domain, facts, { name: "kvm1", cpus: 2, countsWait: false, vhostNet }).nics).toMatchObject([
    { backend },
  ]);
});

test("a NIC without a MAC has no name", () => {
  expect(withNic("<interface type='bridge'/>")).toEqual([]);
});

const withCpus = (cpus: string) => parseDomainXml("web", `<domain>${cpus}</domain>`);

test.each([
  ["half a CPU for each vCPU", "<quota>50000</quota><period>100000</period>", 0.5],
  ["libvirt's own period", "<quota>25000</quota>", 0.25],
  ["no limit", "<quota>-1</quota><period>100000</period>", undefined],
  [
    "a limit for the machine, shared by its four vCPUs",
    "<global_quota>200000</global_quota><global_period>100000</global_period>",
    0.5,
  ],
  ["the tighter of two", "<quota>50000</quota><global_quota>100000</global_quota>", 0.25],
  ["a period of nothing", "<quota>50000</quota><period>0</period>", 0.5],
])("quota: %s", (_, tune, ratio) => {
  expect(withCpus(`<vcpu>4</vcpu><cputune>${tune}</cputune>`).vcpuQuotaRatio).toBe(ratio);
});

test("vCPUs that another program placed are pinned to nobody knows what", () => {
  expect(withCpus("<vcpu placement='auto'>2</vcpu>").otherPins).toBe("unknown");
});

test("sets of CPUs with ranges and exceptions", () => {
  expect(withCpus("<vcpu cpuset='0-3,^2,8'>2</vcpu>").otherPins).toEqual(new Set([0, 1, 3, 8]));
  expect(() => withCpus("<vcpu cpuset='0-99999'>2</vcpu>")).toThrow(
    'description of web: expected CPUs such as 0-3,^2, got "0-99999"',
  );
});

const bomb = `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 20 }, (_, i) => `<!ENTITY b${i} "${`&b${i - 1};`.repeat(10)}">`).join("")}]><domain><name>&b19;</name></domain>`;

test.each([
  ["an entity bomb", bomb, "undefined entity"],
  [
    "a file of the host",
    '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain><name>&x;</name></domain>',
    "undefined entity",
  ],
  ["text without an end", `<domain><!-- ${"-".repeat(1 << 20)}`, "expected at most 1048576 characters, got"],
  ["elements without an end", "<a>".repeat(1e5), "expected elements at most 100 deep, got more"],
  ["elements without number", `<domain>${"<a/>".repeat(60_000)}</domain>`, "expected at most 50000 elements, got more"],
  ["half a document", captured("web").slice(0, 2000), "description of web"],
  ["no document", "", "must contain a root element"],
  ["something else", "virsh: error", "description of web, line 1"],
])("%s is harmless and told", (_, text, message) => {
  expect(() => parseDomainXml("web", text)).toThrow(ParseError);
  expect(() => parseDomainXml("web", text)).toThrow(message);
});
