import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ovs } from "../../../src/collectors/ovs/index.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createNamespace, inputRules, type Namespace } from "../../support/lab.ts";
import { createOpenVSwitch, type OpenVSwitch } from "../../support/ovs.ts";
import { eventually } from "../../support/servers.ts";
import { type Scrape, type ServingExporter, startExporter } from "../../support/serving-exporter.ts";

const flood = fileURLToPath(new URL("../../support/vm/flood.mjs", import.meta.url));
const GUEST_MAC = "52:54:00:77:00:09";
const GUEST_UUID = "4c4c4544-0042-3510-8058-b4c04f4d3231";
/** Where the guest would be, and where a machine is that receives. */
const GUEST = "10.78.0.50";
const RECEIVER = "10.78.0.2";
/** ovs-vswitchd writes its counters every 5 s, and every 5 s they are read. */
const TWO_ROUNDS_SECONDS = 20;

let directory: string;
let host: Namespace;
let sender: Namespace;
let receiver: Namespace;
let vswitch: OpenVSwitch;
let exporter: ServingExporter | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-ovs-lab-"));
  [host, sender, receiver] = await Promise.all([
    createNamespace("host"),
    createNamespace("sender"),
    createNamespace("receiver"),
  ]);
});
afterEach(async () => {
  await exporter?.stop();
  exporter = undefined;
  await vswitch.remove();
  await Promise.all([host, sender, receiver].map((namespace) => namespace.remove()));
  rmSync(directory, { recursive: true });
});

async function startVswitch(...lacking: (readonly [string, string])[]): Promise<void> {
  vswitch = await createOpenVSwitch(host, lacking);
  await vswitch.startDatabase();
  await vswitch.startSwitch();
  await vswitch.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
}

/** A machine on a port of the switch. No IPv6: its neighbour discovery would be packets that nobody counted. */
async function plug(machine: Namespace, port: string, address: string): Promise<void> {
  for (const namespace of [machine, host]) await namespace.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
  await host.sh(`ip link add ${port} type veth peer name eth0 netns ${machine.name}; ip link set ${port} up`);
  await machine.sh(`ip address add ${address}/24 dev eth0; ip link set eth0 up`);
  await vswitch.vsctl("add-port", "br0", port);
}

const plugGuest = async (device: string) => {
  await vswitch.addDeafTap(device);
  const ids = [`iface-id=port-of-web`, `attached-mac="${GUEST_MAC}"`, `vm-id=${GUEST_UUID}`];
  const set = ids.map((id) => `external-ids:${id}`);
  await vswitch.vsctl("add-port", "br0", device, "--", "set", "Interface", device, ...set);
};

async function serve(): Promise<ServingExporter> {
  const config = join(directory, "virtloss.yaml");
  writeFileSync(config, `paths: []\ncollectors: {ovs: {socket: ${vswitch.socket}}}\n`);
  exporter = await startExporter(host, ["--config", config]);
  return exporter;
}

/** Sends datagrams of 64 bytes. */
async function send(address: string, perSecond: number, seconds: number): Promise<void> {
  await sender.sh(`${process.execPath} ${flood} ${address} 9000 9001 ${perSecond} ${seconds}`);
}

interface Link {
  readonly txqlen: number;
  readonly stats64: { readonly rx: { readonly packets: number }; readonly tx: { readonly dropped: number } };
}

async function link(device: string): Promise<Link> {
  const [found] = JSON.parse(await host.sh(`ip -j -s link show ${device}`)) as [Link];
  return found;
}

const tapDrops = (scrape: Scrape) =>
  scrape.value("virtloss_ovs_port_drops_total", {
    device: "vmtap0",
    mac: GUEST_MAC,
    direction: "to_guest",
    cause: "dropped",
  });
const state = (scrape: Scrape, name: string) =>
  scrape.value("virtloss_collector_state", { collector: "ovs", state: name });

test("every packet sent is accounted for: dropped at a tap that nobody reads, by a meter, ahead of the datapath, or received", async () => {
  await startVswitch();
  await plug(sender, "vo1", "10.78.0.1");
  await plug(receiver, "vo2", RECEIVER);
  await sender.sh(`ip neigh replace ${GUEST} lladdr ${GUEST_MAC} dev eth0`);
  // They find each other before the guest is there, to which their question would go as well.
  await sender.sh(`ping -q -c 1 -w 5 ${RECEIVER}`);
  await plugGuest("vmtap0");
  await sender.nft(`table inet lab {
  chain output {
    type filter hook output priority 0
    udp dport 9000 counter accept comment "sent"
  }
}
`);
  await receiver.nft(inputRules(`udp dport 9000 counter drop comment "received"`));
  const running = await serve();

  await send(GUEST, 5000, 2);
  await vswitch.ofctl("add-meter", "br0", "meter=1,pktps,bands=type=drop,rate=100");
  await vswitch.ofctl("add-flow", "br0", `udp,nw_dst=${RECEIVER},actions=meter:1,NORMAL`);
  await send(RECEIVER, 2000, 1);
  await vswitch.freezeSwitch(() => send(RECEIVER, 10_000, 1));

  const sent = await sender.counted("sent");
  const came = (await link("vo1")).stats64.rx.packets;
  // What a thread of ovs-vswitchd counts is added up once a second.
  const settledAt = Date.now() / 1000 + 2;
  const scrape = await running.until("the counters after the last packet", TWO_ROUNDS_SECONDS, (s) => {
    const readAt = s.value("virtloss_source_last_success_timestamp_seconds", { collector: "ovs" }) ?? 0;
    const atPort = s.value("virtloss_ovs_port_packets_total", { device: "vo1", direction: "receive" }) ?? 0;
    return readAt > settledAt && atPort >= came;
  });
  // What the packet socket of the sender's port threw away, by its own count.
  const ignored = Number(/vo1[\s\S]*?skmem:\([^)]*,d(\d+)\)/.exec(await host.sh("ss -0 -e -m"))?.[1]);
  const received = await receiver.counted("received");
  const metered = scrape.value("virtloss_ovs_datapath_drops_total", { cause: "datapath_drop_meter" }) ?? 0;
  const arrivedAtPorts = scrape.sum("virtloss_ovs_port_packets_total", { direction: "receive" });
  const unseen = arrivedAtPorts - scrape.sum("virtloss_ovs_datapath_packets_total");
  const dropped = tapDrops(scrape) ?? 0;

  expect(sent).toBe(22_000);
  const tap = await link("vmtap0");
  expect(dropped).toBe(tap.stats64.tx.dropped);
  expect(dropped).toBe(Number(await vswitch.vsctl("get", "Interface", "vmtap0", "statistics:tx_dropped")));
  expect(dropped).toBeGreaterThan(5000);
  expect(unseen).toBe(ignored);
  expect(unseen).toBeGreaterThan(5000);
  expect(metered).toBeGreaterThan(500);
  expect(dropped + tap.txqlen + metered + unseen + received).toBe(sent);
  expect(scrape.value("virtloss_ovs_lost_upcalls_total", { datapath: "netdev@ovs-netdev" })).toBe(0);
  expect(
    scrape.value("virtloss_ovs_port_info", {
      device: "vmtap0",
      bridge: "br0",
      iface_id: "port-of-web",
      vm_uuid: GUEST_UUID,
    }),
  ).toBe(1);
}, 90_000);

test("limits of a port are told by the guest's direction, as tc has them", async () => {
  await startVswitch();
  await plugGuest("vmtap0");
  const queue = ["--", "--id=@q0", "create", "Queue", "other-config:max-rate=8000000", "other-config:burst=800000"];
  const qos = ["--", "--id=@qos", "create", "QoS", "type=linux-htb", "other-config:max-rate=80000000", "queues:0=@q0"];
  await vswitch.vsctl("set", "Port", "vmtap0", "qos=@qos", ...qos, ...queue);
  await vswitch.vsctl("set", "Interface", "vmtap0", "ingress_policing_rate=10000", "ingress_policing_burst=800");

  const { samples, notes } = await collectOnce(ovs, createLinuxHost(), { socket: vswitch.socket });

  const limits = samples.filter(({ metric }) => metric.name.startsWith("virtloss_network_limit_"));
  const place = { source: "ovs", network: "port-of-web", switch: "br0", traffic: "" };
  const labels = { ...place, vm: "", vm_uuid: GUEST_UUID, mac: GUEST_MAC };
  const series = (name: string, direction: string, value: number) => ({
    metric: expect.objectContaining({ name: `virtloss_network_limit_${name}` }),
    labels: { ...labels, device: "vmtap0", direction },
    value,
  });
  expect(limits).toEqual([
    series("bytes_per_second", "from_guest", 1_250_000),
    series("burst_bytes", "from_guest", 100_000),
    series("bytes_per_second", "to_guest", 1_000_000),
    series("burst_bytes", "to_guest", 100_000),
  ]);
  expect(notes).toEqual([expect.stringContaining("ingress policing of vmtap0 has no effect")]);
  expect(await eventually("tc's class", 5, () => host.sh("tc class show dev vmtap0 | grep 'ceil 8Mbit'"))).toContain(
    "htb",
  );
}, 60_000);

test("the exporter survives when ovsdb-server dies, and when ovs-vswitchd does", async () => {
  await startVswitch();
  await plugGuest("vmtap0");
  const running = await serve();
  const isComplete = (s: Scrape) => state(s, "ok") === 1 && tapDrops(s) !== undefined;
  await running.until("counters of the tap", TWO_ROUNDS_SECONDS, isComplete);

  await vswitch.killDatabase();
  const dead = await running.until("a failure", TWO_ROUNDS_SECONDS, (s) => state(s, "failed") === 1);
  await vswitch.startDatabase();
  await running.until("the database again", TWO_ROUNDS_SECONDS, isComplete);
  await vswitch.killSwitch();
  const frozen = await running.until("no counters", TWO_ROUNDS_SECONDS, (s) => tapDrops(s) === undefined);
  const page = await running.get("/");
  await vswitch.startSwitch();
  await running.until("counters again", 2 * TWO_ROUNDS_SECONDS, isComplete);

  // A restart of the database is shorter than what is kept.
  expect(tapDrops(dead)).toBeDefined();
  expect(state(frozen, "ok")).toBe(1);
  expect(frozen.value("virtloss_ovs_port_info", { device: "vmtap0" })).toBe(1);
  expect(page).toContain("ovs-vswitchd does not run");
  expect(running.child.exitCode).toBeNull();
}, 150_000);

test("a database without columns that came later tells less, and does not fail", async () => {
  const later = ["status", "error", "link_state", "ingress_policing_kpkts_rate", "ingress_policing_kpkts_burst"];
  await startVswitch(...later.map((column) => ["Interface", column] as const));
  await plugGuest("vmtap0");

  const names = await eventually("counters", TWO_ROUNDS_SECONDS, async () => {
    const { samples } = await collectOnce(ovs, createLinuxHost(), { socket: vswitch.socket });
    const ofTap = samples.filter(({ labels }) => labels["device"] === "vmtap0").map(({ metric }) => metric.name);
    return ofTap.length > 1 ? ofTap : undefined;
  });

  expect([...new Set(names)]).toEqual([
    "virtloss_ovs_port_info",
    "virtloss_ovs_port_packets_total",
    "virtloss_ovs_port_drops_total",
  ]);
}, 60_000);

test("a thousand taps are read in a second, with six series each", async () => {
  await startVswitch();
  const taps = Array.from({ length: 1000 }, (_, index) => `t${index}`);
  const batch = join(directory, "taps");
  writeFileSync(batch, taps.map((tap) => `tuntap add ${tap} mode tap\n`).join(""));
  await host.sh(`ip -batch ${batch}`);
  await vswitch.vsctl(...taps.flatMap((tap) => ["--", "add-port", "br0", tap]));
  const linux = createLinuxHost();
  const read = async () => {
    const from = performance.now();
    const { samples } = await collectOnce(ovs, linux, { socket: vswitch.socket });
    const ofTaps = samples.filter(({ labels }) => /^t\d/.test(labels["device"] ?? ""));
    return { ofTaps: ofTaps.length, seconds: (performance.now() - from) / 1000 };
  };

  await eventually("counters of all taps", 2 * TWO_ROUNDS_SECONDS, async () => {
    return (await read()).ofTaps === 6000 ? true : undefined;
  });
  const seconds = [await read(), await read(), await read()].map((reading) => reading.seconds);

  expect(Math.min(...seconds)).toBeLessThan(1);
}, 120_000);
