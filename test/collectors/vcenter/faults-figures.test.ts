import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());

const START = Date.parse("2026-11-23T10:00:00Z");

test("every figure of a machine is in base units", async () => {
  const vcenter = await bench.startVcenter();
  const { performance } = vcenter;
  const figures = {
    "cpu.ready.summation 1": 2000,
    "cpu.costop.summation 1": 300,
    "cpu.maxlimited.summation 1": 40,
    "cpu.run.summation 1": 15_000,
    "net.packetsRx.summation 4000": 1000,
    "net.packetsTx.summation 4000": 900,
    "net.droppedRx.summation 4000": 7,
    "net.droppedTx.summation 4000": 3,
    "mem.vmmemctl.average ": 1024,
    "mem.swapped.average ": 512,
    "mem.swapinRate.average ": 3,
  };
  for (const [figure, value] of Object.entries(figures)) {
    const [counter = "", instance = ""] = figure.split(" ");
    performance.add("vm-101", counter, instance, START, value);
  }
  performance.add("vm-101", "mem.vmmemctl.maximum", "", START, 999_999);
  performance.add("host-11", "net.droppedRx.summation", "vmnic0", START, 12);

  const told = await bench.open(vcenter).read();

  const ofVcpu = (name: string) => told.by(`virtloss_vcpu_${name}_seconds_total`, "vm", "vcpu")["vm101 1"];
  expect(["ready", "costop", "limited", "run"].map(ofVcpu)).toEqual([2, 0.3, 0.04, 15]);
  expect(told.by("virtloss_vm_nic_packets_total", "vm", "direction")).toEqual({
    "vm101 to_guest": 1000,
    "vm101 from_guest": 900,
  });
  expect(told.by("virtloss_vm_nic_drops_total", "vm", "direction")).toEqual({
    "vm101 to_guest": 7,
    "vm101 from_guest": 3,
  });
  expect(told.by("virtloss_vm_memory_ballooned_bytes", "vm")).toEqual({ vm101: 1_048_576 });
  expect(told.by("virtloss_vm_memory_host_swapped_bytes", "vm")).toEqual({ vm101: 524_288 });
  expect(told.by("virtloss_host_uplink_drops_total", "host", "device", "direction")).toEqual({
    "esx11.example.org vmnic0 receive": 12,
  });
});
