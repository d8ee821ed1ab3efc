import { nic } from "../../../src/collectors/nic/index.ts";
import { nicOptions } from "../../../src/collectors/nic/options.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { readDump, requestType } from "../../../src/kernel/netlink/message.ts";
import type { AnySample } from "../../../src/metrics/define.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { attribute, concat, done, message, text, u16, u32, u64 } from "../../support/netlink-bytes.ts";

const qemu = createFixtureHost("linux-6.1-qemu");

function collect(host: Host, options: unknown = {}) {
  return collectOnce(nic, host, nicOptions.parse(options));
}

/** Values of one metric and interface, by the labels that are left. */
function valuesOf(samples: readonly AnySample[], name: string, device: string): Record<string, number> {
  const found = samples.filter((s) => s.metric.name === `virtloss_nic_${name}` && s.labels["device"] === device);
  return Object.fromEntries(
    found.map((s) => {
      const { device: _, ...rest } = s.labels;
      return [Object.values(rest).join(" "), "value" in s ? s.value : Number.NaN];
    }),
  );
}

test("each card of a QEMU guest has its driver and kind", async () => {
  const { samples, notes } = await collect(qemu);

  const infos = samples.filter((s) => s.metric.name === "virtloss_nic_info").map((s) => s.labels);
  expect(infos.map(({ device, driver, kind }) => `${device} ${driver} ${kind}`)).toEqual([
    "eth0 virtio_net paravirtual",
    "eth1 e1000 emulated",
    "eth2 e1000e emulated",
    "eth3 8139cp emulated",
    "eth4 pcnet32 emulated",
    "eth5 vmxnet3 paravirtual",
    "eth6 tulip emulated",
  ]);
  expect(infos[0]?.["mac"]).toBe("02:00:00:00:00:01");
  expect(notes).toEqual([]);
});

test("virtio with two of four queues in use says so", async () => {
  const { samples } = await collect(qemu);

  expect(valuesOf(samples, "queues", "eth0")).toEqual({ combined: 2 });
  expect(valuesOf(samples, "queues_max", "eth0")).toEqual({ combined: 4 });
  expect(valuesOf(samples, "ring_entries", "eth0")).toEqual({ receive: 256, transmit: 256 });
});

test("a driver without the channels command has its queues counted in sysfs, and no maximum", async () => {
  const { samples } = await collect(qemu);

  expect(valuesOf(samples, "queues", "eth1")).toEqual({ receive: 1, transmit: 1 });
  expect(valuesOf(samples, "queues_max", "eth1")).toEqual({});
  expect(valuesOf(samples, "ring_entries_max", "eth1")).toEqual({ receive: 4096, transmit: 4096 });
});

test("a virtio device's interrupts are found above it, added up by CPU", async () => {
  const { samples } = await collect(qemu);

  expect(valuesOf(samples, "interrupts_total", "eth0")).toEqual({ 0: 6, 1: 2 });
  expect(valuesOf(samples, "interrupt_cpus", "eth0")).toEqual({ "": 2 });
});

test("a card without MSI has all the interrupts of its line", async () => {
  const { samples } = await collect(qemu);

  expect(valuesOf(samples, "interrupts_total", "eth1")).toEqual({ 0: 0, 1: 23 });
  expect(valuesOf(samples, "interrupt_cpus", "eth1")).toEqual({ "": 1 });
});

test("vmxnet3 adds what its statistics keep back; virtio adds nothing of its own", async () => {
  const { samples } = await collect(qemu);

  const virtio = Object.keys(valuesOf(samples, "drops_total", "eth0"));
  expect(Object.keys(valuesOf(samples, "drops_total", "eth5"))).toEqual([
    ...virtio,
    "receive no_buffer",
    "transmit host_discarded",
  ]);
});

test("packets of the interface and of its queues are those that ethtool printed", async () => {
  const { samples } = await collect(qemu);

  expect(valuesOf(samples, "packets_total", "eth0")).toEqual({ receive: 3, transmit: 6 });
  expect(valuesOf(samples, "queue_packets_total", "eth0")).toEqual({
    "receive 0": 1,
    "receive 1": 2,
    "transmit 0": 6,
    "transmit 1": 0,
  });
  // The program ran one packet later there.
  expect(valuesOf(samples, "queue_packets_total", "eth5")).toEqual({
    "receive 0": 0,
    "receive 1": 0,
    "transmit 0": 2,
    "transmit 1": 4,
  });
  expect(valuesOf(samples, "queue_packets_total", "eth1")).toEqual({});
});

/** A host whose kernel, since Linux 6.9, tells of the queues of interface 4 by itself. */
function tellingQueues(answer: () => Uint8Array): Host {
  const family = concat(Uint8Array.of(1, 2, 0, 0), attribute(1, u16(20)), attribute(2, text("netdev")));
  const other = concat(Uint8Array.of(1, 2, 0, 0), attribute(1, u16(16)), attribute(2, text("nlctrl")));
  return {
    ...qemu,
    readText: async (path) => (path === "/sys/class/net/eth0/ifindex" ? "4\n" : qemu.readText(path)),
    async netlink(request, _signal, protocol) {
      if (protocol !== "generic") throw new SourceAbsentError("no route netlink");
      const families = [other, family].map((payload) => ({ type: 16, payload }));
      return requestType(request) === 16 ? families : readDump(answer()).messages;
    },
  };
}

test("where the kernel tells of queues, the driver is not asked, and counters may be of either width", async () => {
  const queue = (type: number, id: number, counter: Uint8Array) =>
    message(
      20,
      concat(Uint8Array.of(12, 1, 0, 0), attribute(1, u32(4)), attribute(2, u32(type)), attribute(3, u32(id)), counter),
    );
  const { samples, notes } = await collect(
    tellingQueues(() =>
      concat(
        queue(0, 0, attribute(8, u32(11))),
        queue(0, 1, attribute(8, u64(2n ** 40n))),
        queue(1, 0, attribute(10, u32(12))),
        queue(1, 1, attribute(11, u32(999))),
        done(),
      ),
    ),
  );

  expect(valuesOf(samples, "queue_packets_total", "eth0")).toEqual({
    "receive 0": 11,
    "receive 1": 2 ** 40,
    "transmit 0": 12,
  });
  expect(valuesOf(samples, "queue_packets_total", "eth5")).toMatchObject({ "transmit 1": 4 });
  expect(notes).toEqual([]);
});

test("an answer about queues that cannot be read is noted, and the driver is asked instead", async () => {
  const { samples, notes } = await collect(tellingQueues(() => Uint8Array.of(1, 2, 3)));

  expect(valuesOf(samples, "queue_packets_total", "eth0")).toMatchObject({ "receive 1": 2 });
  expect(notes).toEqual(["packets of queues: netlink message at 0: expected 16 to 3 bytes, got 0"]);
});

test.each([
  ["1\n", { "": 1 }],
  ["0\n", { "": 0 }],
  ["-1\n", {}],
])("a card whose numa_node reads %j has the node %j", async (text, expected) => {
  const asked: string[] = [];
  const numa: Host = {
    ...qemu,
    async readText(path) {
      if (!path.endsWith("/numa_node")) return qemu.readText(path);
      asked.push(path);
      return text;
    },
  };

  const { samples } = await collect(numa, { exclude: "^(?!eth0)" });

  expect(valuesOf(samples, "numa_node", "eth0")).toEqual(expected);
  expect(asked).toEqual(["/sys/class/net/eth0/device/../numa_node"]);
});

test("steering that is off is zero CPUs, and XPS of a single transmit queue is absent", async () => {
  const { samples } = await collect(createFixtureHost("linux-6.18-virtio"));

  expect(valuesOf(samples, "rps_cpus", "eth0")).toEqual({ "": 0 });
  expect(valuesOf(samples, "xps_cpus", "eth0")).toEqual({});
});

test("by default loopback and the interfaces of guests and containers are left out", async () => {
  const names = ["lo", "veth12", "tap3", "vnet0", "docker0", "cali1a", "eth0", "ens3", "bond0", "br0", "tapestry"];
  const { include, exclude } = nicOptions.parse({});

  expect(include).toBeUndefined();
  expect(names.filter((name) => !exclude.test(name))).toEqual(["eth0", "ens3", "bond0", "br0"]);
});

test("include brings back what exclude leaves out", async () => {
  const { samples } = await collect(qemu, { exclude: ".*", include: "^(lo|eth1)$" });

  expect(new Set(samples.map((s) => s.labels["device"]))).toEqual(new Set(["eth1", "lo"]));
  expect(valuesOf(samples, "info", "lo")).toEqual({ " 00:00:00:00:00:00 virtual": 1 });
});

test("an expression that is none is refused with the reason", () => {
  expect(() => nicOptions.parse({ exclude: "eth(" })).toThrow('expected a regular expression, got \\"eth(\\"');
});

test("an interface that vanishes between two reads leaves the others complete", async () => {
  const before = (await collect(qemu)).samples.filter((s) => s.labels["device"] !== "eth1");
  const vanishing: Host = {
    ...qemu,
    async readText(path) {
      if (path.startsWith("/sys/class/net/eth1/")) throw new SourceAbsentError(`${path}: ENODEV`);
      return qemu.readText(path);
    },
  };

  const { samples, notes } = await collect(vanishing);

  expect(samples).toEqual(before);
  expect(notes).toEqual([]);
});

test("an interface that cannot be read is noted, and the others are complete", async () => {
  const broken: Host = {
    ...qemu,
    readText: async (path) => (path === "/sys/class/net/eth1/mtu" ? "huge\n" : qemu.readText(path)),
  };

  const { samples, notes } = await collect(broken);

  expect(new Set(samples.map((s) => s.labels["device"])).size).toBe(6);
  expect(notes).toEqual(['eth1: /sys/class/net/eth1/mtu: expected a number, got "huge"']);
});

test("when no interface can be read the collector fails", async () => {
  const broken: Host = {
    ...qemu,
    readText: async (path) => (path.endsWith("/mtu") ? "" : qemu.readText(path)),
  };

  await expect(collect(broken)).rejects.toThrow('/sys/class/net/eth0/mtu: expected a number, got ""');
});

test("a machine whose interfaces are all left out has no such source", async () => {
  await expect(collect(qemu, { exclude: ".*" })).rejects.toThrow(SourceAbsentError);
});

test("a kernel without the feature bits answers by the old flags", async () => {
  const old: Host = {
    ...qemu,
    async ethtool(device, request) {
      if (request[0] === 0x3a) throw new SourceAbsentError("EOPNOTSUPP");
      return qemu.ethtool(device, request);
    },
  };

  const now = valuesOf((await collect(qemu)).samples, "offload_enabled", "eth0");
  const then = valuesOf((await collect(old)).samples, "offload_enabled", "eth0");

  expect(Object.keys(then)).toEqual(["rx_checksum", "tx_checksum", "scatter_gather", "tso", "gso", "lro", "gro"]);
  for (const [offload, enabled] of Object.entries(then)) expect([offload, now[offload]]).toEqual([offload, enabled]);
});
