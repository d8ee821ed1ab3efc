import { setTimeout as sleep } from "node:timers/promises";
import { createNamespace, type Namespace } from "../support/lab.ts";
import { type Scrape, type ServingExporter, startExporter } from "../support/serving-exporter.ts";

// A host with the bridge br0, two guests behind veths g0 and g1, and an uplink u0 to a machine outside.
let host: Namespace;
let guests: readonly Namespace[];
let outside: Namespace;
let exporter: ServingExporter;

async function plug(other: Namespace, port: string, address: string): Promise<void> {
  await host.sh(`ip link add ${port} type veth peer name eth0 netns ${other.name}; ip link set ${port} master br0 up`);
  await other.sh(`ip address add ${address}/24 dev eth0; ip link set eth0 up`);
}

beforeEach(async () => {
  const all = await Promise.all(["host", "g0", "g1", "out"].map(createNamespace));
  const [first, g0, g1, out] = all;
  if (!first || !g0 || !g1 || !out) throw new Error("four namespaces");
  [host, guests, outside] = [first, [g0, g1], out];
  // Nothing but what the tests send: router solicitations would be counted too.
  await Promise.all(all.map((one) => one.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")));
  await host.sh("ip link add br0 type bridge forward_delay 0 mcast_snooping 0; ip link set br0 up");
  await host.sh("ip address add 10.78.0.1/24 dev br0");
  await plug(g0, "g0", "10.78.0.10");
  await plug(g1, "g1", "10.78.0.11");
  await plug(outside, "u0", "10.78.0.99");
  exporter = await startExporter(host, []);
});

afterEach(async () => {
  await exporter.stop();
  await Promise.all([host, outside, ...guests].map((one) => one.remove()));
});

/** Sends so many datagrams of some bytes; what a full queue of its own refuses is not sent again. */
async function send(from: Namespace, to: string, count: number, bytes: number, ports = 1): Promise<void> {
  const line = `printf '%${bytes}s' > /dev/udp/${to}/$((9000 + i % ${ports}))`;
  await from.run("bash", "-c", `for ((i = 0; i < ${count}; i++)); do ${line}; done 2>/dev/null; true`);
}

interface TcQueue {
  readonly dev: string;
  readonly kind: string;
  readonly packets: number;
  readonly drops: number;
  readonly overlimits: number;
  readonly qlen: number;
}

/** What tc says of a queue, and ours of the same moment, once nothing waits in it any more. */
async function bothOf(device: string, kind: string): Promise<{ readonly tc: TcQueue; readonly scrape: Scrape }> {
  for (;;) {
    const queues = JSON.parse(await host.sh("tc -s -j qdisc show")) as TcQueue[];
    const tc = queues.find((queue) => queue.dev === device && queue.kind === kind);
    if (!tc) throw new Error(`tc shows no ${kind} at ${device}`);
    if (tc.qlen === 0) return { tc, scrape: await exporter.scrape() };
    await sleep(50);
  }
}

function ours(scrape: Scrape, device: string, kind: string): Omit<TcQueue, "dev" | "kind"> {
  const of = (name: string) => scrape.value(`virtloss_qdisc_${name}`, { device, kind }) ?? Number.NaN;
  return {
    packets: of("packets_total"),
    drops: of("drops_total"),
    overlimits: of("overlimits_total"),
    qlen: of("backlog_packets"),
  };
}

function limits(scrape: Scrape, device: string): Record<string, number | undefined> {
  const of = (name: string, direction: string) =>
    scrape.value(`virtloss_network_limit_${name}`, { source: "qdisc", device, direction });
  return {
    to: of("bytes_per_second", "to_guest"),
    toBurst: of("burst_bytes", "to_guest"),
    from: of("bytes_per_second", "from_guest"),
  };
}

test("a token bucket towards a guest: packets and drops are tc's, and the limit is the guest's", async () => {
  await host.sh("tc qdisc add dev g0 root tbf rate 200kbit burst 3000 limit 3000");

  await send(host, "10.78.0.10", 100, 1000);

  const { tc, scrape } = await bothOf("g0", "tbf");
  expect(tc.drops).toBeGreaterThan(50);
  expect(ours(scrape, "g0", "tbf")).toMatchObject({
    packets: tc.packets,
    drops: tc.drops,
    overlimits: tc.overlimits,
    qlen: 0,
  });
  expect(limits(scrape, "g0")).toEqual({ to: 25_000, toBurst: 3000, from: undefined });
});

test("a queue of two packets inside a shaper: the drops of the inner queue are counted once", async () => {
  await host.sh(`tc qdisc add dev g0 root handle 1: htb default 10
    tc class add dev g0 parent 1: classid 1:1 htb rate 8mbit
    tc class add dev g0 parent 1:1 classid 1:10 htb rate 80kbit ceil 160kbit burst 2000 cburst 2000
    tc qdisc add dev g0 parent 1:10 handle 10: pfifo limit 2`);

  await send(host, "10.78.0.10", 60, 1000);

  const inner = await bothOf("g0", "pfifo");
  const { tc, scrape } = await bothOf("g0", "htb");
  expect(inner.tc.drops).toBeGreaterThan(30);
  expect(tc.drops).toBe(inner.tc.drops);
  expect(ours(scrape, "g0", "htb")).toMatchObject({ packets: tc.packets, drops: tc.drops });
  expect(scrape.sum("virtloss_qdisc_drops_total", { device: "g0" })).toBe(tc.drops);
  // The class lets less through than the one that it is in.
  expect(limits(scrape, "g0")).toMatchObject({ to: 20_000, from: undefined });
  expect(limits(scrape, "g0")["toBurst"]).toBeCloseTo(2000, -1);
});

test("a card with several queues: each queue's drops once, and nothing of the container", async () => {
  await host.sh(`ip link add m0 numtxqueues 2 type veth peer name m1
    ip link set m0 up; ip link set m1 up; ip address add 10.79.0.1/24 dev m0
    ip neigh add 10.79.0.2 lladdr 02:00:00:00:00:02 dev m0
    tc qdisc add dev m0 root handle 1: mq
    tc qdisc add dev m0 parent 1:1 tbf rate 80kbit burst 2000 limit 2000
    tc qdisc add dev m0 parent 1:2 tbf rate 80kbit burst 2000 limit 2000`);

  await send(host, "10.79.0.2", 60, 1000, 20);

  const { tc, scrape } = await bothOf("m0", "mq");
  expect(tc.drops).toBeGreaterThan(20);
  expect(ours(scrape, "m0", "tbf")).toMatchObject({ packets: tc.packets, drops: tc.drops });
  expect(scrape.sum("virtloss_qdisc_drops_total", { device: "m0" })).toBe(tc.drops);
});

test("a tap is shown from the moment on when its queue limits", async () => {
  await host.sh("ip tuntap add t0 mode tap; ip link set t0 master br0 up; tc qdisc add dev t0 root pfifo limit 100");
  const plain = await exporter.scrape();

  await host.sh("tc qdisc replace dev t0 root tbf rate 40gbit burst 40m limit 1m");
  const limited = await exporter.scrape();

  expect(plain.text).not.toMatch(/virtloss_qdisc_.*device="t0"/);
  expect(ours(limited, "t0", "tbf")).toMatchObject({ packets: 0, drops: 0 });
  // More than 32 bits hold.
  expect(limits(limited, "t0")).toMatchObject({ to: 5_000_000_000 });
});

interface IpLink {
  readonly ifname: string;
  readonly stats64: Record<"rx" | "tx", { readonly packets: number; readonly dropped: number }>;
}

test("packets and drops of bridge, guests and uplink are those of ip", async () => {
  await send(guests[0] as Namespace, "10.78.0.11", 50, 100);
  await send(outside, "10.78.0.10", 70, 100);
  await host.sh("tc qdisc add dev u0 root tbf rate 80kbit burst 2000 limit 2000");
  await send(guests[1] as Namespace, "10.78.0.99", 40, 1000);
  await bothOf("u0", "tbf");

  const links = JSON.parse(await host.sh("ip -s -j link")) as IpLink[];
  const scrape = await exporter.scrape();

  const shown = links.filter(({ ifname }) => ["br0", "g0", "g1", "u0"].includes(ifname));
  expect(shown).toHaveLength(4);
  for (const { ifname: device, stats64 } of shown) {
    for (const [direction, theirs] of [
      ["receive", stats64.rx],
      ["transmit", stats64.tx],
    ] as const) {
      const where = { bridge: "br0", device, direction };
      expect([where, scrape.value("virtloss_bridge_port_packets_total", where)]).toEqual([where, theirs.packets]);
      expect([where, scrape.value("virtloss_bridge_port_drops_total", where)]).toEqual([where, theirs.dropped]);
    }
  }
  expect(shown.find(({ ifname }) => ifname === "u0")?.stats64.rx.packets).toBeGreaterThanOrEqual(70);
});

test("a port that the bridge keeps shut is told while it lasts, and its guest is cut off in silence", async () => {
  const [guest] = guests;
  await guest?.nft(
    'table inet lab {\n  chain input {\n    type filter hook input priority 0\n    udp dport 9000 counter comment "arrived"\n  }\n}\n',
  );
  await send(host, "10.78.0.10", 5, 100);
  const open = await exporter.scrape();

  await host.sh("bridge link set dev g0 state 0");
  await send(host, "10.78.0.10", 20, 100);
  const shut = await exporter.scrape();
  const arrived = await guest?.counted("arrived");
  await host.sh("bridge link set dev g0 state 3");
  const again = await exporter.scrape();

  const blocked = { bridge: "br0", device: "g0", state: "disabled" };
  expect(open.sum("virtloss_bridge_port_blocked")).toBe(0);
  expect(open.value("virtloss_bridge_ports", { bridge: "br0", state: "forwarding" })).toBe(3);
  expect(shut.value("virtloss_bridge_port_blocked", blocked)).toBe(1);
  expect(shut.value("virtloss_bridge_ports", { bridge: "br0", state: "forwarding" })).toBe(2);
  expect(arrived).toBe(5);
  // What is lost there, no counter of the interface shows.
  expect(shut.sum("virtloss_bridge_port_drops_total", { device: "g0" })).toBe(0);
  expect(again.sum("virtloss_bridge_port_blocked")).toBe(0);
});

test("of two ways between two bridges the spanning tree blocks one, which is told as such", async () => {
  await host.sh(`ip link add br1 type bridge stp_state 1 forward_delay 200 hello_time 100
    ip link set br0 type bridge stp_state 1 forward_delay 200 hello_time 100
    for i in 0 1; do
      ip link add l$i type veth peer name r$i; ip link set l$i master br0 up; ip link set r$i master br1 up
    done
    ip link set br1 up`);

  const scrape = await exporter.until("a blocked port", 20, (s) => s.text.includes('state="blocking"} 1'));

  const blocked = await host.sh("bridge link show | grep 'state blocking' | cut -d: -f2 | cut -d@ -f1");
  const [device = ""] = blocked.trim().split("\n");
  expect(device).toMatch(/^[lr][01]$/);
  expect(scrape.value("virtloss_bridge_port_blocked", { device, state: "blocking" })).toBe(1);
  expect(scrape.value("virtloss_bridge_info", { bridge: "br1", stp: "kernel" })).toBe(1);
});

test("the table of connections holds as many as a rule counted", async () => {
  await host.nft(
    'table inet lab {\n  chain output {\n    type filter hook output priority 0\n    udp dport 9000-9099 ct state new counter comment "new"\n  }\n}\n',
  );

  await send(host, "10.78.0.10", 60, 100, 60);

  const scrape = await exporter.scrape();
  const tracked = await host.counted("new");
  const list = Number(await host.sh("grep -c 'dport=90' /proc/net/nf_conntrack"));
  expect(tracked).toBe(60);
  expect(list).toBe(60);
  // The scrape itself is a connection, and curl's next may be another.
  const entries = scrape.value("virtloss_conntrack_entries") ?? Number.NaN;
  expect(entries).toBeGreaterThanOrEqual(60);
  expect(entries).toBeLessThanOrEqual(63);
  expect(scrape.value("virtloss_conntrack_entries_max")).toBe(
    Number(await host.sh("cat /proc/sys/net/netfilter/nf_conntrack_max")),
  );
  expect(scrape.value("virtloss_conntrack_drops_total", { cause: "drop" })).toBe(0);
});

test("a host whose bridge was taken away has no such source, and the others go on", async () => {
  await host.sh("ip link del br0");

  const scrape = await exporter.scrape();

  expect(scrape.value("virtloss_collector_state", { collector: "bridge", state: "absent" })).toBe(1);
  expect(scrape.text).not.toMatch(/^virtloss_bridge_/m);
  expect(scrape.value("virtloss_collector_state", { collector: "qdisc", state: "ok" })).toBe(1);
});
