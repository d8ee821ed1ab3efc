import { limitSamples, vmSamples } from "../../src/vm/samples.ts";
import type { Vm } from "../../src/vm/vm.ts";

const bare: Vm = {
  hypervisor: "kvm",
  name: "db",
  uuid: "6d1d1d1c-0000-4000-8000-000000000005",
  uuidAlt: "",
  host: "kvm1",
  vcpuTimes: [],
  ioThreads: [],
  nics: [],
  memory: {},
};

const lines = (samples: ReturnType<typeof vmSamples>) =>
  samples.map(({ metric, labels, value }) => {
    const { vm: _, vm_uuid: __, ...rest } = labels;
    return [metric.name.replace("virtloss_", ""), ...Object.values(rest), value].join(" ");
  });

test("what a source does not know is no series", () => {
  expect(lines(vmSamples(bare, "libvirt"))).toEqual(["vm_info kvm  kvm1 1"]);
});

test("each known fact is one series", () => {
  const vm: Vm = {
    ...bare,
    paused: false,
    vcpus: 2,
    pinnedVcpus: 1,
    vcpuQuotaRatio: 0.5,
    vcpuTimes: [
      { vcpu: 0, runSeconds: 3.4, readySeconds: 7.1, node: 0 },
      { vcpu: 1, readySeconds: 6.7, waitSeconds: 1, node: 0 },
    ],
    ioThreads: [{ thread: "vhost", readySeconds: 0.25 }],
    nics: [
      {
        mac: "52:54:00:77:00:05",
        model: "virtio",
        kind: "paravirtual",
        network: "br0",
        backend: "vhost_net",
        device: "vnet0",
        queues: 2,
        toGuest: { packets: 12, drops: 3 },
        fromGuest: { packets: 7, drops: 0 },
        limits: [{ direction: "to_guest", bytesPerSecond: 1_024_000 }],
      },
    ],
    memory: { max: 2048, ballooned: 1024, byNode: new Map([[1, 512]]) },
  };

  expect(lines(vmSamples(vm, "libvirt"))).toEqual([
    "vm_info kvm  kvm1 1",
    "vm_paused 0",
    "vm_vcpus 2",
    "vm_pinned_vcpus 1",
    "vm_vcpu_quota_ratio 0.5",
    "vcpu_ready_seconds_total 0 kvm 7.1",
    "vcpu_run_seconds_total 0 kvm 3.4",
    "vcpu_ready_seconds_total 1 kvm 6.7",
    "vcpu_wait_seconds_total 1 kvm 1",
    "vm_node_vcpus 0 2",
    "vm_io_ready_seconds_total vhost 0.25",
    "vm_nic_info 52:54:00:77:00:05 virtio paravirtual br0 vhost_net 1",
    "vm_nic_tap 52:54:00:77:00:05 vnet0 1",
    "vm_nic_queues 52:54:00:77:00:05 2",
    "vm_nic_packets_total 52:54:00:77:00:05 to_guest 12",
    "vm_nic_packets_total 52:54:00:77:00:05 from_guest 7",
    "vm_nic_drops_total 52:54:00:77:00:05 to_guest 3",
    "vm_nic_drops_total 52:54:00:77:00:05 from_guest 0",
    "network_limit_bytes_per_second libvirt br0  to_guest 52:54:00:77:00:05 vnet0  1024000",
    "vm_memory_max_bytes 2048",
    "vm_memory_ballooned_bytes 1024",
    "vm_memory_node_bytes 1 512",
  ]);
});

test("a limit away from any machine has empty labels for what it does not belong to", () => {
  const [packets] = limitSamples(
    { source: "segment", network: "web" },
    { direction: "from_guest", packetsPerSecond: 500 },
  );

  expect(packets?.metric.name).toBe("virtloss_network_limit_packets_per_second");
  expect(packets?.labels).toEqual({
    source: "segment",
    network: "web",
    switch: "",
    direction: "from_guest",
    vm: "",
    vm_uuid: "",
    mac: "",
    device: "",
    traffic: "",
  });
});
