import { type Scrape, type ServingExporter, startExporter } from "../../support/serving-exporter.ts";
import { useVmBench } from "../../support/vm/bench.ts";
import { E1000_MAC, VCPUS, VIRTIO_MAC } from "../../support/vm/domain.ts";
import { BRIDGE } from "../../support/vm/hypervisor.ts";
import { startQemu, TAPS } from "../../support/vm/machine.ts";

const NAME = "lab-qemu";
const UUID = "1c7e3b0a-5d1f-4c26-b7b8-6f0f4f3a9e52";
const vm = { vm: NAME, vm_uuid: UUID };

let exporter: ServingExporter;

const bench = useVmBench(async ({ hypervisor, ends }) => {
  exporter = await startExporter(hypervisor.host, []);
  ends.push(() => exporter.stop());
  const machine = await startQemu(hypervisor, NAME, UUID);
  ends.push(() => machine.destroy());
});

/** Nanoseconds that each vCPU's thread waited for a CPU, as the kernel counts them. */
async function readyNanos(): Promise<number[]> {
  const [pid = ""] = (await bench.hypervisor.host.sh(`pgrep -f '^qemu-system-x86_64.*${UUID}'`)).trim().split("\n");
  const line = `for task in /proc/${pid}/task/*; do echo "$(cat $task/comm) $(cat $task/schedstat)"; done`;
  const threads = [...(await bench.hypervisor.host.sh(line)).matchAll(/^CPU (\d+)\/TCG \d+ (\d+) \d+$/gm)];
  return threads.sort(([, a], [, b]) => Number(a) - Number(b)).map(([, , nanos]) => Number(nanos));
}

/** Packets that the kernel handed to a tap. */
async function packetsTo(tap: string): Promise<number> {
  const [link] = JSON.parse(await bench.hypervisor.host.sh(`ip -s -j link show ${tap}`)) as {
    stats64: { tx: { packets: number } };
  }[];
  return link?.stats64.tx.packets ?? Number.NaN;
}

async function truth() {
  const [ready, virtio, e1000] = await Promise.all([readyNanos(), packetsTo(TAPS.virtio), packetsTo(TAPS.e1000)]);
  return { ready, virtio, e1000 };
}

/** A reading of QEMU's processes that began after now. */
async function nextReading(): Promise<Scrape> {
  const at = (scrape: Scrape) =>
    scrape.value("virtloss_source_last_success_timestamp_seconds", { collector: "qemu" }) ?? 0;
  let last = at(await exporter.scrape());
  for (const reading of ["a reading that may have begun before", "a reading"]) {
    last = at(await exporter.until(reading, 20, (scrape) => at(scrape) > last));
  }
  return exporter.scrape();
}

test("without libvirt, a QEMU process tells its vCPUs' waiting, its taps and its NICs", async () => {
  const before = await truth();
  const scrape = await nextReading();
  const after = await truth();

  expect(scrape.value("virtloss_collector_state", { collector: "libvirt", state: "absent" })).toBe(1);
  expect(scrape.value("virtloss_vm_info", { ...vm, hypervisor: "kvm", host: "kvm-lab" })).toBe(1);
  expect(scrape.value("virtloss_vm_vcpus", vm)).toBe(VCPUS);
  expect(before.ready).toHaveLength(VCPUS);
  for (const [vcpu, nanos] of before.ready.entries()) {
    const seconds = scrape.value("virtloss_vcpu_ready_seconds_total", { ...vm, vcpu: String(vcpu) });
    expect(seconds).toBeGreaterThanOrEqual(nanos / 1e9);
    expect(seconds).toBeLessThanOrEqual((after.ready[vcpu] ?? 0) / 1e9);
  }

  const nics = [
    { mac: VIRTIO_MAC, tap: "virtio", queues: 2, kind: "paravirtual" },
    { mac: E1000_MAC, tap: "e1000", queues: 1, kind: "emulated" },
  ] as const;
  for (const { mac, tap, queues, kind } of nics) {
    const nic = { ...vm, mac };
    expect(scrape.value("virtloss_vm_nic_info", { ...nic, kind, network: BRIDGE, backend: "qemu" })).toBe(1);
    expect(scrape.value("virtloss_vm_nic_tap", { ...nic, device: TAPS[tap] })).toBe(1);
    expect(scrape.value("virtloss_vm_nic_queues", nic)).toBe(queues);
    const packets = scrape.value("virtloss_vm_nic_packets_total", { ...nic, direction: "to_guest" });
    expect(packets).toBeGreaterThanOrEqual(before[tap]);
    expect(packets).toBeLessThanOrEqual(after[tap]);
  }
}, 60_000);
