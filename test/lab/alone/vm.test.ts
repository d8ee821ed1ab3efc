import { eventually } from "../../support/servers.ts";
import { type ServingExporter, startExporter } from "../../support/serving-exporter.ts";
import { useVmBench } from "../../support/vm/bench.ts";
import { E1000_MAC, MEMORY_MIB, VCPUS, VIRTIO_MAC } from "../../support/vm/domain.ts";
import { flood, openSink } from "../../support/vm/flood.ts";
import { firstScrapeOfGuest, GUEST_EXPORTER, scrapeGuest } from "../../support/vm/guest-exporter.ts";
import { type Machine, startVm } from "../../support/vm/machine.ts";
import { type Prometheus, startPrometheus } from "../../support/vm/prometheus.ts";
import { printTable } from "../../support/vm/series-table.ts";
import { rulesWithShortWindows } from "../../support/vm/short-windows.ts";

const NAME = "lab-vm";
const UUID = "8f1c9a52-3f0e-4f8e-9d55-0c3a5e7b1d21";
const vm = { vm: NAME, vm_uuid: UUID };
const MIB = 1024 * 1024;

let machine: Machine;
let exporter: ServingExporter;
let prometheus: Prometheus;

const bench = useVmBench(async ({ hypervisor, ends }) => {
  await hypervisor.startLibvirt();
  exporter = await startExporter(hypervisor.host, []);
  ends.push(() => exporter.stop());
  machine = await startVm(hypervisor, NAME, UUID);
  ends.push(() => machine.destroy());
  prometheus = await startPrometheus(
    hypervisor.host,
    hypervisor.directory,
    { host: "127.0.0.1:10862", guest: GUEST_EXPORTER },
    rulesWithShortWindows(),
  );
  ends.push(() => prometheus.stop());
  await firstScrapeOfGuest(hypervisor.host, machine);
});

test("guest and host series meet in one row by the machine's UUID, and by MAC where the guest has none", async () => {
  const row = await eventually("the join", 60, async () => {
    const [first, second] = await prometheus.query("instance:virtloss_guest_vm:join");
    expect(second).toBeUndefined();
    return first;
  });
  expect(row.metric).toMatchObject({ ...vm, instance: "guest", host: "kvm-lab", host_instance: "host", by: "uuid" });

  await machine.inGuest(`
    echo 00000000-0000-0000-0000-000000000000 >/run/no-uuid
    echo 'collectors: {guest: {uuid_file: /run/no-uuid}}' >>/run/virtloss.yaml
    kill -HUP $(cat /run/virtloss.pid)`);
  const byMac = await eventually("the join by MAC", 60, async () => {
    const [first, second] = await prometheus.query("instance:virtloss_guest_vm:join");
    expect(second).toBeUndefined();
    return first?.metric["by"] === "mac" ? first : undefined;
  });
  expect(byMac.metric).toMatchObject({ ...vm, instance: "guest" });
  await machine.inGuest("sed -i /no-uuid/d /run/virtloss.yaml; kill -HUP $(cat /run/virtloss.pid)");
}, 150_000);

test("emulation and queues are told by both sides", async () => {
  const host = await exporter.until("both NICs", 20, (scrape) => scrape.sum("virtloss_vm_nic_info", vm) === 2);
  const guest = await scrapeGuest(bench.hypervisor.host);

  expect(host.value("virtloss_vm_nic_info", { ...vm, mac: E1000_MAC, kind: "emulated", model: "e1000" })).toBe(1);
  expect(host.value("virtloss_vm_nic_info", { ...vm, mac: VIRTIO_MAC, kind: "paravirtual", backend: "qemu" })).toBe(1);
  expect(guest.value("virtloss_nic_info", { device: "eth1", mac: E1000_MAC, kind: "emulated" })).toBe(1);
  expect(guest.value("virtloss_nic_info", { device: "eth0", mac: VIRTIO_MAC, kind: "paravirtual" })).toBe(1);
  expect(host.value("virtloss_vm_nic_queues", { ...vm, mac: VIRTIO_MAC })).toBe(2);
  expect(host.value("virtloss_vm_vcpus", vm)).toBe(VCPUS);
  expect(guest.value("virtloss_nic_queues", { device: "eth0", direction: "combined" })).toBe(2);

  await machine.inGuest("ethtool -L eth0 combined 1");
  expect(
    (await scrapeGuest(bench.hypervisor.host)).value("virtloss_nic_queues", { device: "eth0", direction: "combined" }),
  ).toBe(1);
  await machine.inGuest("ethtool -L eth0 combined 2");

  const emulated = await eventually("the alert", 40, async () => {
    const found = (await prometheus.alerts()).filter(({ labels }) => labels["alertname"] === "VirtlossNicEmulated");
    return found.some(({ state }) => state === "firing") ? found : undefined;
  });
  // Told once, by the side that knows the machine's name.
  expect(emulated.map(({ labels }) => labels)).toMatchObject([{ ...vm, mac: E1000_MAC, instance: "host" }]);
}, 90_000);

test("what the balloon takes and gives back is the same on both sides", async () => {
  const taken = async () => {
    const guest = await scrapeGuest(bench.hypervisor.host);
    const of = (direction: string) => guest.value("virtloss_guest_balloon_bytes_total", { direction }) ?? Number.NaN;
    return of("inflate") - of("deflate");
  };
  const ballooned = (mebibytes: number) =>
    exporter.until(`${mebibytes} MiB in the balloon`, 30, (scrape) => {
      return scrape.value("virtloss_vm_memory_ballooned_bytes", vm) === mebibytes * MIB;
    });

  await bench.hypervisor.virsh("setmem", NAME, "700M", "--live");
  await ballooned(MEMORY_MIB - 700);
  expect(await taken()).toBe((MEMORY_MIB - 700) * MIB);

  await bench.hypervisor.virsh("setmem", NAME, `${MEMORY_MIB}M`, "--live");
  await ballooned(0);
  expect(await taken()).toBe(0);
}, 90_000);

test("a guest out of CPU loses packets that only its host sees, and the alert names it", async () => {
  const { hypervisor } = bench;
  const port = await openSink(machine);
  const toGuest = `vm="${NAME}",mac="${VIRTIO_MAC}",direction="to_guest"`;
  const figures = {
    "host: vCPU ready, worst, share of time": "vm:virtloss_ready:ratio_rate5m",
    "host: packets to the guest, per second": `rate(virtloss_vm_nic_packets_total{${toGuest}}[20s])`,
    "host: drops to the guest, per second": `rate(virtloss_vm_nic_drops_total{${toGuest}}[20s])`,
    "guest: steal, CPU seconds per second": `sum(rate(virtloss_cpu_steal_seconds_total{instance="guest"}[20s]))`,
    "guest: drops at its NIC, per second": `sum(rate(virtloss_nic_drops_total{instance="guest",device="eth0"}[20s]))`,
    "guest: softnet drops, per second": `sum(rate(virtloss_softnet_dropped_total{instance="guest"}[20s]))`,
    "guest: loss on its path, ratio": `path:virtloss_loss:ratio_rate5m{instance="guest"}`,
  };
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(figures).map(async ([name, expr]) => [name, await prometheus.figure(expr)] as const),
      ),
    );

  const free = await flood(hypervisor, machine, port, 20_000, 5);
  const before = await read();
  await hypervisor.virsh("schedinfo", NAME, "--live", "vcpu_quota=10000");
  const starved = await flood(hypervisor, machine, port, 20_000, 8);
  const during = await read();
  const alert = await eventually("the alert", 30, async () => {
    const firing = (await prometheus.alerts()).filter(({ state }) => state === "firing");
    return firing.find(({ labels }) => labels["alertname"] === "VirtlossVcpuReadyHigh");
  });
  const alerts = await prometheus.alerts();
  await hypervisor.virsh("schedinfo", NAME, "--live", "vcpu_quota=-1");

  printTable(
    "A quota of 10 % for each vCPU, 20,000 packets a second",
    Object.keys(figures).map((name) => ({ name, before: before[name], during: during[name] })),
  );
  process.stdout.write(`${JSON.stringify({ free, starved, alert, alerts }, undefined, 2)}\n`);
  expect(alert.labels).toMatchObject(vm);
}, 120_000);
