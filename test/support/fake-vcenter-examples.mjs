/** Inventories to start from; a test changes what it is about. */

const SWITCH_UUID = "50 1a 2b 3c 4d 5e 6f 70-81 92 a3 b4 c5 d6 e7 f8";

export function host(number, cluster) {
  return {
    id: `host-${number}`,
    name: `esx${number}.example.org`,
    cluster,
    packages: 2,
    cores: 32,
    threads: 64,
    hertz: 1_995_312_146,
    pnics: [{ device: "vmnic0", mbit: 10_000 }, { device: "vmnic1", mbit: 25_000 }, { device: "vmnic2" }],
    vswitches: [
      {
        name: "vSwitch0",
        pnics: ["vmnic0"],
        portgroups: [
          { name: "VM Network" },
          { name: "Shaped", shaping: { average: 8_000_000, peak: 16_000_000, burst: 102_400 } },
        ],
      },
    ],
  };
}

function uuid(number) {
  return `4220824e-c2eb-ed46-47db-${number.toString(16).padStart(12, "0")}`;
}

function mac(number) {
  return `00:50:56:${(number >> 16).toString(16).padStart(2, "0")}:${((number >> 8) & 255).toString(16).padStart(2, "0")}:${(number & 255).toString(16).padStart(2, "0")}`;
}

export function vm(number, on, nic = { type: "VirtualVmxnet3", portgroup: "dvportgroup-21" }) {
  return {
    id: `vm-${number}`,
    name: `vm${number}`,
    uuid: uuid(number),
    host: on,
    cpus: 2,
    memoryMB: 2048,
    nics: [{ mac: mac(number), ...nic }],
  };
}

const switches = () => [
  {
    id: "dvs-20",
    name: "DSwitch",
    uuid: SWITCH_UUID,
    mtu: 9000,
    limits: { virtualMachine: 4000 },
    portgroups: [
      {
        id: "dvportgroup-21",
        name: "Servers",
        vlan: 42,
        in: { average: 100_000_000, peak: 200_000_000, burst: 104_857_600 },
        out: { average: 50_000_000, peak: 80_000_000, burst: 52_428_800 },
        security: { promiscuous: true, forgedTransmits: true },
      },
      { id: "dvportgroup-22", name: "Quiet" },
      { id: "dvportgroup-23", name: "DSwitch-DVUplinks-20", uplink: true },
    ],
  },
];

/** Two hosts, and a machine with each kind of adapter. */
export function smallInventory() {
  return {
    datacenter: "DC0",
    clusters: [{ id: "domain-c8", name: "Cluster" }],
    hosts: [host(11, "domain-c8"), host(12, "domain-c8")],
    networks: [
      { id: "network-13", name: "VM Network" },
      { id: "network-14", name: "Shaped" },
    ],
    switches: switches(),
    vms: [
      { ...vm(101, "host-11"), reservationMHz: 1000, limitMHz: 3000, latency: "high" },
      vm(102, "host-11", { type: "VirtualE1000", network: "VM Network" }),
      vm(103, "host-12", { type: "VirtualSriovEthernetCard", portgroup: "dvportgroup-22" }),
      vm(104, "host-12", { type: "VirtualVmxnet9", network: "Shaped" }),
    ],
  };
}

/** As many machines as asked for, 50 on each host and 20 hosts in each cluster. */
export function largeInventory(vms) {
  const hosts = Array.from({ length: Math.max(1, Math.ceil(vms / 50)) }, (_, i) =>
    host(1000 + i, `domain-c${8 + Math.floor(i / 20)}`),
  );
  const clusters = [...new Set(hosts.map(({ cluster }) => cluster))].map((id) => ({
    id,
    name: `Cluster ${id.slice(8)}`,
  }));
  return {
    datacenter: "DC0",
    clusters,
    hosts,
    networks: [{ id: "network-13", name: "VM Network" }],
    switches: switches(),
    vms: Array.from({ length: vms }, (_, i) => vm(10_000 + i, hosts[Math.floor(i / 50)].id)),
  };
}
