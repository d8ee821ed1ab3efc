import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { script } from "../../support/asking.ts";
import { type DropCounter, expectEqual, flood, startDropCounter, startReady } from "../../support/dropping.ts";
import { createNamespace, createWire, type Namespace, TARGET, type Wire } from "../../support/lab.ts";

let wire: Wire;
let drops: DropCounter;

beforeAll(async () => {
  wire = await createWire();
  drops = startDropCounter();
  expect(await drops.state()).toBe("bpf");
});

afterAll(async () => {
  await drops.kill();
  await wire.remove();
});

/** How often these reasons came up, and another counter rose, while `act` ran. */
async function rise(reasons: readonly string[], theirs: () => Promise<number>, act: () => Promise<void>) {
  const ours = async () => {
    const counts = await drops.read();
    return reasons.reduce((sum, reason) => sum + (counts.get(reason) ?? 0), 0);
  };
  const before = { ours: await ours(), theirs: await theirs() };
  await act();
  // Ours around theirs: what others drop between two readings only ours may count.
  const after = { theirs: await theirs(), ours: await ours() };
  return { ours: after.ours - before.ours, theirs: after.theirs - before.theirs };
}

test("packets that nftables drops are counted one by one, from two senders at once", async () => {
  const { prober, target } = wire;
  await target.nft(
    'table inet lab {\n chain input {\n type filter hook input priority 0; policy accept;\n udp dport 9 counter drop comment "flood"\n }\n}\n',
  );

  const counted = await expectEqual(() =>
    rise(
      ["NETFILTER_DROP"],
      () => target.counted("flood"),
      async () => {
        await Promise.all([flood(prober, TARGET, 9, 20_000), flood(prober, TARGET, 9, 20_000)]);
      },
    ),
  );

  expect(counted.theirs).toBe(40_000);
});

test("what a queueing discipline drops is what tc says", async () => {
  const { prober } = wire;
  await prober.sh("tc qdisc add dev v0 root tbf rate 1mbit burst 2k limit 3000");
  const tc = async () => {
    const [qdisc] = JSON.parse(await prober.sh("tc -s -j qdisc show dev v0 root")) as { drops: number }[];
    return qdisc?.drops ?? 0;
  };

  const counted = await expectEqual(() =>
    rise(["QDISC_DROP", "QDISC_OVERLIMIT"], tc, () => flood(prober, TARGET, 9, 5000)),
  );

  await prober.sh("tc qdisc del dev v0 root");
  expect(counted.theirs).toBeGreaterThan(3000);
});

test("a ring that nobody drains is full: what `ip -s link` counts on the tap, and the function is its driver's", async () => {
  const host = await createNamespace("tap");
  const guest = await startReady(host, process.execPath, script("full-tap.mjs"), "tap0");
  await host.sh("ip address add 10.88.0.1/24 dev tap0; ip link set tap0 up");
  await host.sh("ip neigh add 10.88.0.2 lladdr 02:00:00:00:00:02 dev tap0");
  const ip = async () => {
    const [link] = JSON.parse(await host.sh("ip -s -j link show dev tap0")) as {
      stats64: { tx: { dropped: number } };
    }[];
    return link?.stats64.tx.dropped ?? 0;
  };

  const counted = await expectEqual(() => rise(["FULL_RING"], ip, () => flood(host, "10.88.0.2", 9, 5000)));
  const located = await drops.readIn("tun_net_xmit", "FULL_RING");

  guest.stdin?.end();
  await host.remove();
  expect(counted.theirs).toBeGreaterThan(3000);
  expect(located).toBeGreaterThanOrEqual(counted.theirs);
});

test("a socket that is not read in time overflows: what /proc/net/udp counts", async () => {
  const host = await createNamespace("deaf");
  const bind = 'const s = require("dgram").createSocket("udp4"); s.bind(9, "127.0.0.1", () => console.log("ready"));';
  const reader = await startReady(host, process.execPath, "-e", bind);
  const stopped = process.kill(reader.pid as number, "SIGSTOP");
  const udp = async () => Number((await host.sh("tail -n +2 /proc/net/udp")).trim().split(/\s+/).at(-1));

  const counted = await expectEqual(() =>
    rise(["SOCKET_RCVBUFF", "PROTO_MEM"], udp, () => flood(host, "127.0.0.1", 9, 5000)),
  );

  reader.kill("SIGKILL");
  await host.remove();
  expect(stopped).toBe(true);
  expect(counted.theirs).toBeGreaterThan(1000);
});

/** Descriptors of a process that keep something of BPF in the kernel. */
function bpfDescriptors(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .map((fd) => (existsSync(`${folder}/${fd}`) ? readlinkSync(`${folder}/${fd}`) : ""))
    .filter((target) => target.includes("bpf"));
}

test("two maps, one program and one attachment are all that it keeps", async () => {
  expect(bpfDescriptors(drops.pid).sort()).toEqual([
    "anon_inode:bpf-map",
    "anon_inode:bpf-map",
    "anon_inode:bpf-prog",
    "anon_inode:bpf_link",
  ]);
});

/** Without these capabilities, and with tracefs in its place, which not every machine mounts. */
function without(...capabilities: string[]): string[] {
  const dropped = capabilities.map((name) => `-${name}`).join(",");
  const shown = 'mount -t tracefs tracefs /sys/kernel/tracing && exec setpriv "$@"';
  return ["unshare", "--mount", "sh", "-c", shown, "sh", "--bounding-set", dropped, "--inh-caps", dropped];
}

describe("a process that may not load programs", () => {
  test("counts by filters of perf where it may do that, and counts the same", async () => {
    const { prober, target } = wire;
    const perf = startDropCounter(...without("bpf", "sys_admin"));

    expect(await perf.state()).toBe("perf");
    const counted = await expectEqual(async () => {
      const before = { ours: await perf.read(), theirs: await target.counted("flood") };
      await flood(prober, TARGET, 9, 2000);
      const reason = "NETFILTER_DROP";
      const ours = ((await perf.read()).get(reason) ?? 0) - (before.ours.get(reason) ?? 0);
      return { ours, theirs: (await target.counted("flood")) - before.theirs };
    });

    await perf.kill();
    expect(counted.theirs).toBe(2000);
  });

  test("says which capability it lacks where it may do neither, and is absent", async () => {
    const neither = startDropCounter(...without("bpf", "perfmon", "sys_admin"));

    const state = await neither.state();

    await neither.kill();
    expect(state).toContain("SourceAbsentError");
    expect(state).toContain("this process lacks CAP_BPF and CAP_PERFMON");
  });
});

test("a namespace that has gone takes no count along", async () => {
  const gone: Namespace = await createNamespace("gone");
  await gone.nft(
    'table inet lab {\n chain input {\n type filter hook input priority 0; policy accept;\n udp dport 9 counter drop comment "flood"\n }\n}\n',
  );
  const before = (await drops.read()).get("NETFILTER_DROP") ?? 0;

  await flood(gone, "127.0.0.1", 9, 1000);
  await gone.remove();

  expect((await drops.read()).get("NETFILTER_DROP")).toBeGreaterThanOrEqual(before + 1000);
});
