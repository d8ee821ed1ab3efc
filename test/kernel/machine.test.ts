import { execFileSync } from "node:child_process";
import { askCpu, hypervisorOfLscpu } from "../../src/kernel/machine.ts";

test.each([
  ["Hypervisor vendor:                       KVM\nVirtualization type: full\n", "kvm"],
  ["Model name: x\nHypervisor vendor:     Microsoft\n", "hyperv"],
  ["Hypervisor vendor:   VMware\n", "vmware"],
  ["Hypervisor vendor:   Oracle\n", "virtualbox"],
  ["Hypervisor vendor:   none\n", ""],
  ["Vendor ID: AuthenticAMD\n", ""],
  ["", ""],
])("lscpu's %j is %j", (text, hypervisor) => {
  expect(hypervisorOfLscpu(text)).toBe(hypervisor);
});

test("the CPU of this machine says what lscpu says", async () => {
  const lscpu = execFileSync("lscpu", { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });

  expect(await askCpu()).toBe(hypervisorOfLscpu(lscpu));
});
