import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../servers.ts";
import { BRIDGE, GUEST, GUEST_E1000 } from "./hypervisor.ts";

/** What a machine is called, and where its files lie. */
export interface MachineIdentity {
  readonly name: string;
  readonly uuid: string;
  /** For the socket of its shell, NAME.sock, and its console's output, NAME.console. */
  readonly directory: string;
}

export const VIRTIO_MAC = "52:54:00:77:00:05";
export const E1000_MAC = "52:54:00:77:00:06";
export const VCPUS = 2;
export const MEMORY_MIB = 1024;

const SHELL_PORT = "virtloss.shell";
const COMMAND_LINE = `console=ttyS0 quiet panic=-1 mitigations=off guest.eth0=${GUEST}/24 guest.eth1=${GUEST_E1000}/24 guest.shell=${SHELL_PORT}`;

/** @throws Error where the guest was not built */
function guestFile(name: string): string {
  const path = join(root, ".cache/vm", name);
  if (!existsSync(path)) throw new Error(`${path} is missing: npm test builds it`);
  return path;
}

/** What both ways to start it boot: `npm test` puts it there. */
const bootFiles = () => ({
  kernel: guestFile("kernel/vmlinux"),
  initramfs: guestFile("initramfs.cpio"),
  disk: guestFile("disk.ext4"),
});

/** The machine as libvirt is told of it: emulated, so that it starts everywhere alike. */
export function domainXml({ name, uuid, directory }: MachineIdentity): string {
  const { kernel, initramfs, disk } = bootFiles();
  return `<domain type='qemu'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <memory unit='MiB'>${MEMORY_MIB}</memory>
  <vcpu>${VCPUS}</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${kernel}</kernel>
    <initrd>${initramfs}</initrd>
    <cmdline>${COMMAND_LINE}</cmdline>
  </os>
  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>256</tb-cache></tcg></features>
  <cpu mode='maximum'/>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <controller type='usb' model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${disk}'/>
      <target dev='vda' bus='virtio'/>
      <readonly/>
    </disk>
    <interface type='bridge'>
      <source bridge='${BRIDGE}'/>
      <mac address='${VIRTIO_MAC}'/>
      <model type='virtio'/>
      <driver name='qemu' queues='2'/>
    </interface>
    <interface type='bridge'>
      <source bridge='${BRIDGE}'/>
      <mac address='${E1000_MAC}'/>
      <model type='e1000'/>
    </interface>
    <serial type='file'><source path='${join(directory, `${name}.console`)}'/></serial>
    <channel type='unix'>
      <source mode='bind' path='${join(directory, `${name}.sock`)}'/>
      <target type='virtio' name='${SHELL_PORT}'/>
    </channel>
    <memballoon model='virtio'><stats period='1'/></memballoon>
  </devices>
</domain>
`;
}

/** The same machine for QEMU alone; both taps have to be there. */
export function qemuArguments(
  { name, uuid, directory }: MachineIdentity,
  taps: { virtio: string; e1000: string },
): string[] {
  const { kernel, initramfs, disk } = bootFiles();
  return [
    ...["qemu-system-x86_64", "-name", `guest=${name},debug-threads=on`, "-uuid", uuid],
    ...["-machine", "pc,usb=off", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max"],
    ...["-smp", String(VCPUS), "-m", String(MEMORY_MIB)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", kernel, "-initrd", initramfs, "-append", COMMAND_LINE],
    ...["-drive", `if=virtio,format=raw,readonly=on,file=${disk}`],
    ...["-netdev", `tap,id=net0,ifname=${taps.virtio},script=no,downscript=no,queues=2`],
    ...["-device", `virtio-net-pci,netdev=net0,mq=on,vectors=6,mac=${VIRTIO_MAC}`],
    ...["-netdev", `tap,id=net1,ifname=${taps.e1000},script=no,downscript=no`],
    ...["-device", `e1000,netdev=net1,mac=${E1000_MAC}`],
    ...["-serial", `file:${join(directory, `${name}.console`)}`],
    ...["-chardev", `socket,id=shell,server=on,wait=off,path=${join(directory, `${name}.sock`)}`],
    ...["-device", "virtio-serial-pci", "-device", `virtserialport,chardev=shell,name=${SHELL_PORT}`],
    ...["-device", "virtio-balloon-pci"],
  ];
}
