import { parseQemuCommandLine } from "../../src/vm/qemu-command-line.ts";

const line = (...words: string[]) => parseQemuCommandLine(words.map((word) => `${word}\0`).join(""));
const tap = { type: "tap", vhost: false, device: "", descriptors: [], bridge: "" };
const UUID = "8d5a9c0e-52ea-4b0a-9a55-5b0f7c2d4e11";

test("libvirt 9 names the machine, and its NICs in JSON with the descriptors of their taps", () => {
  const machine = line(
    "/usr/bin/qemu-system-x86_64",
    "-name",
    "guest=db-1,debug-threads=on",
    "-S",
    "-machine",
    "pc-q35-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram",
    "-accel",
    "kvm",
    "-m",
    "size=2097152k",
    "-object",
    '{"qom-type":"memory-backend-ram","id":"pc.ram","size":2147483648}',
    "-smp",
    "4,sockets=4,cores=1,threads=1",
    "-uuid",
    UUID.toUpperCase(),
    "-device",
    '{"driver":"virtio-serial-pci","id":"virtio-serial0","bus":"pci.2","addr":"0x0"}',
    "-netdev",
    '{"type":"tap","fds":"33:34","vhost":true,"vhostfds":"35:36","id":"hostnet0"}',
    "-device",
    '{"driver":"virtio-net-pci","mq":true,"vectors":6,"netdev":"hostnet0","id":"net0","mac":"52:54:00:77:00:05","bus":"pci.1","addr":"0x0"}',
    "-netdev",
    '{"type":"tap","fd":"37","id":"hostnet1"}',
    "-device",
    '{"driver":"e1000","netdev":"hostnet1","id":"net1","mac":"52:54:00:77:00:06","bus":"pcie.0","addr":"0x2"}',
    "-device",
    '{"driver":"virtio-balloon-pci","id":"balloon0","bus":"pci.3","addr":"0x0"}',
    "-msg",
    "timestamp=on",
  );

  expect(machine).toEqual({
    name: "db-1",
    uuid: UUID,
    machine: "pc-q35-7.2",
    memoryBytes: 2 * 1024 ** 3,
    vcpus: 4,
    nics: [
      {
        mac: "52:54:00:77:00:05",
        model: "virtio",
        backend: { ...tap, vhost: true, descriptors: [33, 34] },
        queues: 2,
      },
      { mac: "52:54:00:77:00:06", model: "e1000", backend: { ...tap, descriptors: [37] }, queues: 1 },
    ],
  });
});

test("older libvirt and Proxmox write keys and values", () => {
  const machine = line(
    "/usr/bin/kvm",
    "-id",
    "100",
    "-name",
    "web,,1,debug-threads=on",
    "-smbios",
    `type=1,uuid=${UUID}`,
    "-smp",
    "4,sockets=2,cores=2,maxcpus=4",
    "-m",
    "4096",
    "-netdev",
    "type=tap,id=net0,ifname=tap100i0,script=/var/lib/qemu-server/pve-bridge,downscript=/var/lib/qemu-server/pve-bridgedown,vhost=on,queues=4",
    "-device",
    "virtio-net-pci,mac=BC:24:11:00:00:01,netdev=net0,bus=pci.0,addr=0x12,id=net0,vectors=10,mq=on,rx_queue_size=1024",
    "-machine",
    "type=pc+pve0",
  );

  expect(machine).toEqual({
    name: "web,1",
    uuid: UUID,
    machine: "pc+pve0",
    memoryBytes: 4 * 1024 ** 3,
    vcpus: 4,
    nics: [
      { mac: "bc:24:11:00:00:01", model: "virtio", backend: { ...tap, vhost: true, device: "tap100i0" }, queues: 4 },
    ],
  });
});

test("libvirt asks a QEMU without a machine what it can do", () => {
  expect(line("qemu-system-x86_64", "-S", "-nodefaults", "-machine", "none,accel=kvm:tcg").machine).toBe("none");
});

test("an SMBIOS table wins over -uuid, because the guest reads it; a UUID that is none is unknown", () => {
  const other = "00000000-1111-2222-3333-444444444444";

  expect(line("qemu-kvm", "-uuid", other, "-smbios", `type=1,manufacturer=Acme,uuid=${UUID}`).uuid).toBe(UUID);
  expect(line("qemu-kvm", "-smbios", "type=0,vendor=Acme", "-uuid", other).uuid).toBe(other);
  expect(line("qemu-kvm", "-uuid", "not-a-uuid").uuid).toBe("");
});

test.each([
  [["-m", "512"], 512 * 1024 ** 2],
  [["-m", "1.5G"], 1.5 * 1024 ** 3],
  [["-m", "size=524288k,slots=16,maxmem=8G"], 512 * 1024 ** 2],
  [["-m", "2048M"], 2 * 1024 ** 3],
  [["-m", "512", "-m", "slots=2"], 512 * 1024 ** 2],
  [["-m", "much"], 128 * 1024 ** 2],
  [[], 128 * 1024 ** 2],
])("memory %j is %d bytes", (words, bytes) => {
  expect(line("qemu-system-x86_64", ...words).memoryBytes).toBe(bytes);
});

test.each([
  [["-smp", "8"], 8],
  [["-smp", "cpus=2,maxcpus=8"], 2],
  [["-smp", "sockets=2,cores=3,threads=2"], 12],
  [["-smp", "2", "-smp", "maxcpus=4"], 2],
  [["-smp", "none"], 1],
  [[], 1],
])("%j are %d vCPUs", (words, vcpus) => {
  expect(line("qemu-system-x86_64", ...words).vcpus).toBe(vcpus);
});

describe("NICs", () => {
  const nics = (...words: string[]) => line("/usr/bin/qemu-system-x86_64", ...words).nics;

  test("-nic is card and backend in one, and the card of a PC that nobody names is an emulated one", () => {
    expect(nics("-nic", "tap,ifname=tap7,model=virtio-net-pci,mac=02:00:00:00:00:07")).toEqual([
      { mac: "02:00:00:00:00:07", model: "virtio", backend: { ...tap, device: "tap7" }, queues: 1 },
    ]);
    expect(nics("-nic", "user").map(({ model }) => model)).toEqual(["e1000"]);
    expect(nics("-M", "q35", "-nic", "user").map(({ model }) => model)).toEqual(["e1000e"]);
    expect(nics("-machine", "microvm", "-nic", "user").map(({ model }) => model)).toEqual([""]);
    expect(line("qemu-system-aarch64", "-nic", "user").nics.map(({ model }) => model)).toEqual([""]);
    expect(nics("-nic", "none")).toEqual([]);
  });

  test("-net connects cards by a hub: the backend is known where there is just one", () => {
    const card = ["-net", "nic,model=rtl8139,macaddr=02:00:00:00:00:01"];

    expect(nics(...card, "-net", "tap,ifname=tap1")).toEqual([
      { mac: "02:00:00:00:00:01", model: "rtl8139", backend: { ...tap, device: "tap1" }, queues: 1 },
    ]);
    expect(nics(...card, "-net", "tap,ifname=tap1", "-net", "user").map((nic) => nic.backend.type)).toEqual([""]);
  });

  test("addresses that nobody gave are counted from 52:54:00:12:34:56 in the order in which QEMU makes its NICs", () => {
    const macs = nics(
      "-device",
      "virtio-net-pci,netdev=u",
      "-device",
      '{"driver":"e1000e","mac":"52-54-00-12-34-58"}',
      "-device",
      "e1000",
      "-netdev",
      "user,id=u",
      "-nic",
      "user,mac=52:54:00:12:34:56",
      "-nic",
      "user,model=rtl8139",
    ).map(({ mac, model }) => [model, mac.slice(-2)]);

    expect(macs).toEqual([
      ["e1000", "56"],
      ["rtl8139", "57"],
      ["virtio", "58"],
      ["e1000e", "58"],
      ["e1000", "59"],
    ]);
  });

  test("without mq the guest has one queue, however many the tap has", () => {
    const of = (device: string) =>
      nics("-netdev", "tap,id=n,ifname=tap0,queues=4", "-device", device).map(({ queues }) => queues);

    expect(of("virtio-net-pci,netdev=n")).toEqual([1]);
    expect(of("virtio-net-pci,netdev=n,mq=on")).toEqual([4]);
  });

  test("vhost is on by its descriptors too, unless it is said to be off", () => {
    const vhost = (netdev: string) =>
      nics("-netdev", `${netdev},id=n`, "-device", "virtio-net-pci,netdev=n").map(({ backend }) => backend.vhost);

    expect(vhost("tap,fd=33,vhostfd=34")).toEqual([true]);
    expect(vhost("tap,fd=33,vhost=off,vhostfd=34")).toEqual([false]);
    expect(vhost("vhost-user,chardev=c")).toEqual([false]);
  });

  test("a helper connects the tap to a bridge; a destination of a migration has descriptors that are none", () => {
    const backend = (netdev: string) => nics("-netdev", netdev, "-device", "e1000,netdev=n")[0]?.backend;

    expect(backend("bridge,id=n,br=br7")).toEqual({ ...tap, type: "bridge", bridge: "br7" });
    expect(backend('{"type":"tap","fd":"-1","vhostfd":"-1","id":"n"}')).toMatchObject({ descriptors: [], vhost: true });
  });

  test("a device without a netdev, or with one that is not there, is connected to nothing", () => {
    expect(nics("-device", "virtio-net-pci,netdev=gone")[0]?.backend.type).toBe("");
    expect(nics("-device", "virtio-blk-pci,drive=d", "-device", "vfio-pci,host=01:00.0")).toEqual([]);
  });
});

test.each([
  [""],
  ["qemu-system-x86_64"],
  ["\0\0\0"],
  ["qemu-system-x86_64\0-name\0"],
  ["qemu-system-x86_64\0-netdev\0{\0-device\0{]\0-name\0,,,=\0-smbios\0{}\0"],
  ['qemu-system-x86_64\0-device\0null\0-device\0[1]\0-netdev\0"x"\0-m\0\0-smp\0\0'],
])("a command line that is none tells nothing and is no error: %j", (text) => {
  expect(parseQemuCommandLine(text)).toMatchObject({ uuid: "", memoryBytes: 128 * 1024 ** 2, vcpus: 1 });
});
