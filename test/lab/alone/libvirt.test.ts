import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libvirt } from "../../../src/collectors/libvirt/index.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { type Read, valuesOf } from "../../collectors/libvirt/reading-fake.ts";
import { collectOnce } from "../../support/collecting.ts";
import { startFakeLibvirtd } from "../../support/fake-libvirtd.mjs";
import { run } from "../../support/lab.ts";
import { eventually } from "../../support/servers.ts";
import { BRIDGE, createHypervisor, end, type Hypervisor, startGuarded } from "../../support/vm/hypervisor.ts";

/** A real libvirtd with two real machines that boot nothing: what virsh, ip and tc say of them is the truth. */
const WEB = { name: "web <1> & 'co'", uuid: "a1b2c3d4-0001-4000-8000-00000000abcd" };
const VIRTIO = "52:54:00:77:02:05";
const E1000 = "52:54:00:77:02:06";

const webXml = `<domain type='qemu'>
  <name>web &lt;1&gt; &amp; 'co'</name><uuid>${WEB.uuid}</uuid>
  <memory unit='MiB'>64</memory><vcpu current='2'>4</vcpu>
  <cputune><vcpupin vcpu='1' cpuset='0'/></cputune>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='usb' model='none'/>
    <interface type='bridge'><source bridge='${BRIDGE}'/><mac address='${VIRTIO}'/><model type='virtio'/><driver name='qemu' queues='2'/>
      <bandwidth><inbound average='1000' burst='1024'/></bandwidth></interface>
    <interface type='bridge'><source bridge='${BRIDGE}'/><mac address='${E1000}'/><model type='e1000'/></interface>
    <memballoon model='virtio'><stats period='1'/></memballoon>
  </devices>
</domain>`;
/** By which its process is found among all of the machine. */
const DB_UUID = randomUUID();
const dbXml = `<domain type='qemu'><name>db</name><uuid>${DB_UUID}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><controller type='usb' model='none'/><memballoon model='none'/></devices></domain>`;

const linux = createLinuxHost();
let directory: string;
let hypervisor: Hypervisor;
let socket: string;

const uriOf = (path: string) => `qemu+unix:///system?socket=${path}`;
const read = (host: Host = linux, path = socket): Promise<Read> => collectOnce(libvirt, host, { uri: uriOf(path) });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-lv-"));
  chmodSync(directory, 0o755);
  hypervisor = await createHypervisor(directory);
  await hideMissingQdiscs();
  await hypervisor.startLibvirt();
  socket = join(directory, "run/libvirt-sock-ro");
  const file = (name: string, xml: string) => {
    writeFileSync(join(directory, name), xml);
    return join(directory, name);
  };
  await hypervisor.virsh("create", file("web.xml", webXml));
  await hypervisor.virsh("create", "--paused", file("db.xml", dbXml));
}, 60_000);

afterAll(async () => {
  await hypervisor?.remove();
  rmSync(directory, { recursive: true, force: true });
});

/** libvirt puts sfq below its limit and marks by firewall; a small kernel has neither, and what we look at needs neither. */
async function hideMissingQdiscs(): Promise<void> {
  const [real, wrapped] = [join(directory, "tc-real"), join(directory, "tc")];
  const script = `#!/bin/sh\ncase "$*" in *" sfq "* | *" fw "*) exit 0 ;; esac\nexec ${real} "$@"\n`;
  writeFileSync(wrapped, script, { mode: 0o755 });
  await hypervisor.host.sh(`tc=$(readlink -f "$(command -v tc)"); cp "$tc" ${real}; mount --bind ${wrapped} "$tc"`);
}

/** `virsh domstats` of one machine, by name. */
async function domstats(machine: string): Promise<Map<string, string>> {
  const text = await hypervisor.virsh("domstats", "--raw", `--domain=${machine}`);
  return new Map([...text.matchAll(/^ {2}([^=]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

async function tapOf(mac: string): Promise<string> {
  const list = await hypervisor.virsh("domiflist", WEB.name);
  return new RegExp(`^ (\\S+) .*${mac}`, "m").exec(list)?.[1] ?? "";
}

/** Statistics of an interface as the kernel counts them, seen from the host. */
async function linkOf(device: string) {
  const json = await hypervisor.host.sh(`ip -s -j link show dev ${device}`);
  return (JSON.parse(json) as [{ stats64: Record<"rx" | "tx", { packets: number; dropped: number }> }])[0].stats64;
}

/** Datagrams from the neighbour to every machine on the bridge. */
async function broadcast(count: number): Promise<void> {
  const send = `const s=require("node:dgram").createSocket("udp4");s.bind(()=>{s.setBroadcast(true);let left=${count};
    const next=()=>left-->0?s.send("x",9,"10.77.0.255",next):s.close();next()})`;
  const { code, stderr } = await hypervisor.neighbour.run(process.execPath, "-e", send);
  expect(`${code} ${stderr}`).toBe("0 ");
}

test("what the protocol says lies between what virsh says before and after", async () => {
  const before = await domstats(WEB.name);
  const ours = await read();
  const after = await domstats(WEB.name);

  expect(ours.notes).toEqual([]);
  for (const [metric, field] of [
    ["vcpu_run_seconds_total", "time"],
    ["vcpu_ready_seconds_total", "delay"],
  ] as const) {
    const seconds = valuesOf(ours, metric, "vm", "vcpu");
    for (const vcpu of [0, 1]) {
      const [low, high] = [before, after].map((stats) => Number(stats.get(`vcpu.${vcpu}.${field}`)) / 1e9);
      expect(seconds[`${WEB.name} ${vcpu}`]).toBeGreaterThanOrEqual(low as number);
      expect(seconds[`${WEB.name} ${vcpu}`]).toBeLessThanOrEqual(high as number);
    }
  }
  expect(Number(after.get("vcpu.0.time"))).toBeGreaterThan(0);
  expect(valuesOf(ours, "vm_memory_max_bytes", "vm")[WEB.name]).toBe(Number(after.get("balloon.maximum")) * 1024);
  expect(valuesOf(ours, "vm_vcpus", "vm")).toEqual({ [WEB.name]: 2, db: 1 });
  expect(valuesOf(ours, "vm_info", "vm", "vm_uuid")).toMatchObject({ [`${WEB.name} ${WEB.uuid}`]: 1 });
  expect((await hypervisor.virsh("domuuid", WEB.name)).trim()).toBe(WEB.uuid);
  // This guest has no driver, so nobody knows whether it swaps.
  expect(valuesOf(ours, "vm_guest_swap_in_bytes_total", "vm")).toEqual({});
});

test("the description adds models, queues, taps and pins", async () => {
  const ours = await read();

  expect(valuesOf(ours, "vm_nic_info", "mac", "model", "kind", "network", "backend")).toEqual({
    [`${VIRTIO} virtio paravirtual ${BRIDGE} qemu`]: 1,
    [`${E1000} e1000 emulated ${BRIDGE} qemu`]: 1,
  });
  expect(valuesOf(ours, "vm_nic_queues", "mac")).toEqual({ [VIRTIO]: 2, [E1000]: 1 });
  expect(valuesOf(ours, "vm_nic_tap", "mac", "device")).toEqual({
    [`${VIRTIO} ${await tapOf(VIRTIO)}`]: 1,
    [`${E1000} ${await tapOf(E1000)}`]: 1,
  });
  const cpus = Number((await run("nproc", ["--all"])).stdout);
  expect(Object.values(valuesOf(ours, "host_cpus", "host"))).toEqual([cpus]);
  expect(valuesOf(ours, "vm_pinned_vcpus", "vm")).toEqual({ [WEB.name]: cpus > 1 ? 1 : 0, db: 0 });
});

test("a bandwidth limit is what libvirt made of it in the kernel", async () => {
  const classes = await hypervisor.host.sh(`tc class show dev ${await tapOf(VIRTIO)}`);
  const [, rate, burst] = /htb .*rate (\d+)Mbit .*burst (\d+)Mb/.exec(classes) ?? [];

  const ours = await read();

  expect(valuesOf(ours, "network_limit_bytes_per_second", "source", "mac", "direction")).toEqual({
    [`libvirt ${VIRTIO} to_guest`]: (Number(rate) * 1e6) / 8,
  });
  expect(valuesOf(ours, "network_limit_burst_bytes", "mac")).toEqual({ [VIRTIO]: Number(burst) * 2 ** 20 });
});

test("packets that a paused machine does not take are drops to the guest, as many as its tap dropped", async () => {
  await hypervisor.virsh("suspend", WEB.name);
  const tap = await tapOf(E1000);
  await broadcast(1500);

  const before = await linkOf(tap);
  const ours = await read();
  const after = await linkOf(tap);

  expect(before.tx.dropped).toBeGreaterThan(100);
  for (const [metric, counter] of [
    ["vm_nic_packets_total", "packets"],
    ["vm_nic_drops_total", "dropped"],
  ] as const) {
    const values = valuesOf(ours, metric, "mac", "direction");
    // What the host sends through the tap goes to the guest.
    for (const [direction, way] of [
      ["to_guest", "tx"],
      ["from_guest", "rx"],
    ] as const) {
      expect(values[`${E1000} ${direction}`]).toBeGreaterThanOrEqual(before[way][counter]);
      expect(values[`${E1000} ${direction}`]).toBeLessThanOrEqual(after[way][counter]);
    }
  }
  expect(valuesOf(ours, "vm_paused", "vm")).toEqual({ [WEB.name]: 1, db: 1 });
  expect(valuesOf(ours, "libvirt_domains", "state")).toMatchObject({ running: 0, paused: 2 });
});

test("a QEMU that hangs is passed by: all machines are told, and it is counted", async () => {
  const pid = await pidOfDb();
  const source = libvirt.open(linux, { uri: uriOf(socket) });
  const reading = async () => ({
    samples: await source.read(new AbortController().signal, () => undefined),
    notes: [],
  });
  await hypervisor.host.sh(`kill -STOP ${pid}`);
  try {
    const hanging = await reading();
    const startedMs = performance.now();
    const again = await reading();

    expect(performance.now() - startedMs).toBeLessThan(2000);
    for (const one of [hanging, again]) {
      expect(Object.values(valuesOf(one, "libvirt_busy_domains", "uri"))).toEqual([1]);
      expect(Object.keys(valuesOf(one, "vm_memory_max_bytes", "vm")).sort()).toEqual(["db", WEB.name]);
    }
  } finally {
    await hypervisor.host.sh(`kill -CONT ${pid}`);
  }
  await eventually("db answers again", 10, async () => {
    const [busy] = Object.values(valuesOf(await reading(), "libvirt_busy_domains", "uri"));
    return busy === 0 || undefined;
  });
  source.close();
});

/** Processes of the hypervisor are seen by the whole machine. */
async function pidOfDb(): Promise<string> {
  const { stdout } = await run("pgrep", ["-f", `^/usr/bin/qemu-system-.* ${DB_UUID} `]);
  const pids = stdout.trim().split("\n");
  expect(pids).toHaveLength(1);
  return pids[0] ?? "";
}

test("virsh says the same where the protocol cannot be spoken", async () => {
  const other = join(directory, "other.sock");
  const stranger = await startFakeLibvirtd(other);
  stranger.fault = "another version";
  const host = { ...linux, connect: (_: string, signal: AbortSignal) => linux.connect(other, signal) };

  const throughVirsh = await read(host);
  await stranger.stop();

  const series = ({ samples }: Read) => samples.map(({ metric, labels }) => `${metric.name} ${JSON.stringify(labels)}`);
  expect(throughVirsh.notes).toEqual([expect.stringContaining("virsh is asked instead")]);
  expect(series(throughVirsh).sort()).toEqual(series(await read()).sort());
});

test("a user whom polkit does not know is refused with the remedy", async () => {
  const relayed = join(directory, "nobody");
  mkdirSync(relayed);
  chmodSync(relayed, 0o777);
  const path = join(relayed, "sock");
  const relay = `const net=require("node:net");net.createServer((c)=>{const l=net.connect(process.argv[1]);c.pipe(l).pipe(c)}).listen(process.argv[2],()=>console.log("ready"))`;
  const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const child = startGuarded(hypervisor.host.command(...nobody, process.execPath, "-e", relay, socket, path));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  try {
    await expect(read(linux, path)).rejects.toThrow(NotPermittedError);
    await expect(read(linux, path)).rejects.toThrow(
      /^libvirt and polkit refuse this user \(.+\): run as root, allow org\.libvirt\.unix\.monitor to this user by a polkit rule/,
    );
  } finally {
    await end(child);
  }
});

test("a machine that is destroyed leaves nothing, and one that comes back is another run of the same", async () => {
  const source = libvirt.open(linux, { uri: uriOf(socket) });
  const reading = async () => ({
    samples: await source.read(new AbortController().signal, () => undefined),
    notes: [],
  });
  await reading();

  await hypervisor.virsh("destroy", WEB.name);
  const gone = await reading();
  await hypervisor.virsh("create", "--paused", join(directory, "web.xml"));
  const back = await reading();
  source.close();

  expect(gone.samples.filter(({ labels }) => labels["vm_uuid"] === WEB.uuid)).toEqual([]);
  expect(Object.keys(valuesOf(back, "vm_nic_tap", "mac", "device"))).toEqual([
    `${VIRTIO} ${await tapOf(VIRTIO)}`,
    `${E1000} ${await tapOf(E1000)}`,
  ]);
  expect(valuesOf(back, "vm_nic_drops_total", "mac", "direction")[`${E1000} to_guest`]).toBe(0);
});

test("a libvirt that ended is no longer absent: its socket stays, and says so", async () => {
  await hypervisor.remove();

  const problem = await eventually("a socket to which nobody answers", 5, async () => {
    const error = await read().catch((error: unknown) => error);
    return String(error).includes("nobody answers") ? error : undefined;
  });

  expect(String(problem)).toContain(`nobody answers at libvirt's socket ${socket}: is the daemon running?`);
  expect(problem).not.toBeInstanceOf(SourceAbsentError);
});
