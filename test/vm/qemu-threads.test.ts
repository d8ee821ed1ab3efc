import { isQemuName, threadRole, vhostOwner } from "../../src/vm/qemu-threads.ts";

test.each([
  ["qemu-system-x86\n", true],
  ["qemu-system-aar\n", true],
  [".qemu-system-x8\n", true],
  ["qemu-kvm\n", true],
  ["kvm\n", true],
  ["qemu:web-1\n", true],
  ["qemu-ga\n", false],
  ["qemu-img\n", false],
  ["virtqemud\n", false],
  ["qemu-nbd\n", false],
  ["kvm-nx-lpage-re\n", false],
  ["kvm-pit/4100\n", false],
  ["node\n", false],
  ["", false],
])("a process called %j is QEMU: %s", (comm, is) => {
  expect(isQemuName(comm)).toBe(is);
});

test.each([
  ["CPU 0/KVM", false, { vcpu: 0 }],
  ["CPU 127/TCG", false, { vcpu: 127 }],
  ["qemu-system-x86", true, { thread: "emulator" }],
  ["qemu-system-x86", false, undefined],
  ["IO iothread1", false, { thread: "iothread" }],
  ["IO mon_iothread", false, undefined],
  ["vhost-4100", false, { thread: "vhost" }],
  ["worker", false, undefined],
  ["vnc_worker", false, undefined],
])("thread %j (main: %s) does %j", (comm, isMain, role) => {
  expect(threadRole(comm, isMain)).toEqual(role);
});

test("a kernel thread of vhost tells whom it works for", () => {
  expect(vhostOwner("vhost-4100\n")).toBe("4100");
  expect(vhostOwner("vhost-net\n")).toBeUndefined();
  expect(vhostOwner("vhost_task\n")).toBeUndefined();
});
