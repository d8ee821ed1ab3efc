import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeResult } from "../../src/report/probe-result.ts";
import {
  createNamespace,
  createWire,
  inputRules,
  type Namespace,
  run,
  TARGET,
  TARGET6,
  type Wire,
} from "../support/lab.ts";
import { probe, startProbe } from "../support/probing.ts";
import { type Reflecting, startReflect } from "../support/reflecting.ts";

const few = ["--count", "50", "--rate", "500"];

describe("on one wire", () => {
  let wire: Wire;
  let reflector: Reflecting;
  beforeAll(async () => {
    wire = await createWire();
    await wire.prober.sh("ip address add 10.77.0.9/24 dev v0; ip address add fd77::9/64 dev v0 nodad");
    await wire.prober.sh("ping -q -c 1 -I 10.77.0.9 10.77.0.2 && ping -q -c 1 -w 5 -I fd77::9 fd77::2");
    reflector = await startReflect(wire.target, ["--allow", "10.77.0.0/24", "--allow", "fd77::/64"]);
  });
  afterAll(async () => {
    await reflector.stop();
    await wire.remove();
  });

  const echo = { 4: "icmp type echo-request", 6: "icmpv6 type echo-request" };
  const test862 = "udp dport 862";
  test.each([
    ["icmp", TARGET, ["--dscp", "46"], `${echo[4]} ip dscp 46`],
    ["icmp", TARGET6, ["--dscp", "46"], `${echo[6]} ip6 dscp 46`],
    ["stamp", TARGET, ["--dscp", "10"], `${test862} ip dscp 10`],
    ["icmp", TARGET, ["--ttl", "7"], `${echo[4]} ip ttl 7`],
    ["stamp", TARGET6, ["--ttl", "9"], `${test862} ip6 hoplimit 9`],
    ["icmp", TARGET, ["--source", "10.77.0.9"], `${echo[4]} ip saddr 10.77.0.9`],
    ["stamp", TARGET6, ["--source", "fd77::9"], `${test862} ip6 saddr fd77::9`],
    ["icmp", TARGET, ["--interface", "v0"], echo[4]],
    ["stamp", TARGET, ["--interface", "v0"], test862],
    ["icmp", TARGET, ["--df", "--size", "1400"], `${echo[4]} ip frag-off & 0x4000 == 0x4000`],
    ["stamp", TARGET, ["--df", "--size", "1400"], `${test862} ip frag-off & 0x4000 == 0x4000`],
  ] as const)("%s to %s with %j: every packet has it, and is answered", async (protocol, address, options, match) => {
    await wire.target.nft(`flush ruleset\n${inputRules(`${match} counter comment "seen"`)}`);

    const result = await probe(wire.prober, address, "--protocol", protocol, ...few, ...options);

    expect(result).toMatchObject({ sent: 50, received: 50, void: 0 });
    expect(await wire.target.counted("seen")).toBe(50);
  });

  test("packets rotate over as many source ports as asked for", async () => {
    await wire.target.nft(
      "flush ruleset\ntable inet lab {\n set ports {\n type inet_service; flags dynamic; size 64;\n }\n chain input {\n type filter hook input priority 0; policy accept;\n udp dport 862 add @ports { udp sport counter }\n }\n}\n",
    );

    const result = await probe(wire.prober, TARGET, "--protocol", "stamp", ...few, "--source-ports", "5");

    const set = JSON.parse(await wire.target.sh("nft -j list set inet lab ports")) as NftSet;
    const counts = set.nftables.flatMap((entry) => entry.set?.elem ?? []).map(({ elem }) => elem.counter.packets);
    expect(result).toMatchObject({ sent: 50, received: 50 });
    expect(counts).toEqual([10, 10, 10, 10, 10]);
  });

  test.each([
    [["--source", "192.0.2.7"], /the source address 192\.0\.2\.7 is not one of this machine's \(EADDRNOTAVAIL\)/],
    [["--interface", "nowhere"], /there is no interface nowhere/],
  ])("%j cannot be had: told at once, exit 3", async (options, message) => {
    const { code, stderr } = await wire.prober.run(process.execPath, "dist/src/main.js", "probe", TARGET, ...options);

    expect(code).toBe(3);
    expect(stderr).toMatch(message);
  });
});

interface NftSet {
  readonly nftables: {
    readonly set?: { readonly elem: { readonly elem: { readonly counter: { readonly packets: number } } }[] };
  }[];
}

/** A prober at 10.1.0.1 and fd01::1, a router, and a target at 10.2.0.2 and fd02::2 behind a link with this MTU. */
async function createRouted(
  mtu: number,
): Promise<{ prober: Namespace; router: Namespace; target: Namespace; remove(): Promise<void> }> {
  const [prober, router, target] = await Promise.all([
    createNamespace("a"),
    createNamespace("r"),
    createNamespace("b"),
  ]);
  const link = async (name: string, a: Namespace, b: Namespace) => {
    await run("ip", ["-n", a.name, "link", "add", name, "type", "veth", "peer", "name", name, "netns", b.name]);
  };
  await link("near", prober, router);
  await link("far", router, target);
  await router.sh(
    "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0",
  );
  await router.sh(`ip address add 10.1.0.254/24 dev near; ip address add fd01::fe/64 dev near nodad; ip link set near up
    ip address add 10.2.0.254/24 dev far; ip address add fd02::fe/64 dev far nodad; ip link set far up mtu ${mtu}`);
  await prober.sh(`ip address add 10.1.0.1/24 dev near; ip address add fd01::1/64 dev near nodad; ip link set near up
    ip route add default via 10.1.0.254; ip -6 route add default via fd01::fe`);
  await target.sh(`ip address add 10.2.0.2/24 dev far; ip address add fd02::2/64 dev far nodad; ip link set far up mtu ${mtu}
    ip route add default via 10.2.0.254; ip -6 route add default via fd02::fe`);
  await prober.sh("ping -q -c 1 -w 5 10.2.0.2 && ping -q -c 1 -w 5 fd02::2");
  const remove = async () => void (await Promise.all([prober, router, target].map((namespace) => namespace.remove())));
  return { prober, router, target, remove };
}

describe("over a router with a narrower link behind it", () => {
  let routed: Awaited<ReturnType<typeof createRouted>>;
  let reflector: Reflecting;
  beforeAll(async () => {
    routed = await createRouted(1300);
    reflector = await startReflect(routed.target, ["--allow", "0.0.0.0/0", "--allow", "::/0"]);
  });
  beforeEach(async () => {
    // What routers told is remembered there.
    await routed.prober.sh("ip route flush cache; ip -6 route flush cache");
  });
  afterAll(async () => {
    await reflector.stop();
    await routed.remove();
  });

  test.each([
    ["icmp", "10.2.0.2"],
    ["icmp", "fd02::2"],
    ["stamp", "10.2.0.2"],
    ["stamp", "fd02::2"],
  ])(
    "%s to %s that may not be cut: what the router refuses is told, with the MTU that it names",
    async (protocol, address) => {
      const result = await probe(routed.prober, address, "--protocol", protocol, "--df", "--size", "1400", ...few);

      expect(result).toMatchObject({ received: 0, void: 0, pathMtuBytes: 1300 });
      expect(result.lost).toBe(50);
      expect(result.icmpErrors.packet_too_big).toBe(50);
    },
  );

  test.each([
    ["icmp", "10.2.0.2"],
    ["stamp", "fd02::2"],
  ])("%s to %s of size mtu loses only what left before the router told", async (protocol, address) => {
    const result = await probe(
      routed.prober,
      address,
      "--protocol",
      protocol,
      "--size",
      "mtu",
      "--count",
      "300",
      "--rate",
      "100",
    );

    expect(result.pathMtuBytes).toBe(1300);
    expect(result.lost).toBeGreaterThan(0);
    expect(result.lost).toBeLessThan(10);
    expect(result.icmpErrors.packet_too_big).toBe(result.lost);
  });

  test("a black hole for large packets is loss that nobody explains", async () => {
    await routed.router.nft(
      'table inet lab {\n chain output {\n type filter hook output priority 0; policy accept;\n icmp type destination-unreachable counter drop comment "hole"\n }\n}\n',
    );

    const result = await probe(routed.prober, "10.2.0.2", "--size", "mtu", ...few);

    expect(result).toMatchObject({ lost: 50, pathMtuBytes: 1500, icmpErrors: {} });
    expect(await routed.router.counted("hole")).toBe(50);
    await routed.router.sh("nft flush ruleset");
  });

  test("a packet whose TTL ends at the router is lost, and the router says so", async () => {
    const result = await probe(routed.prober, "10.2.0.2", "--protocol", "stamp", "--ttl", "1", ...few);

    expect(result).toMatchObject({ lost: 50, icmpErrors: { time_exceeded: 50 } });
  });
});

/** Probes through a firewall that, two seconds later, holds what it has seen of them against them. */
async function probePinned(
  protocol: string,
  match: string,
  id: string,
): Promise<{ result: ProbeResult; pinned: number }> {
  const wire = await createWire();
  const reflector = await startReflect(wire.target, ["--allow", "10.77.0.0/24"]);
  try {
    const chain = "type filter hook input priority 0; policy accept;";
    await wire.target.nft(
      `table inet lab {\n set known {\n typeof ${id}; flags dynamic; size 64;\n }\n chain input {\n ${chain}\n ${match} add @known { ${id} }\n }\n}\n`,
    );
    const running = startProbe(wire.prober, TARGET, "--protocol", protocol, "--count", "800", "--rate", "50");
    await sleep(2000);
    await wire.target.nft(
      `flush chain inet lab input\nadd rule inet lab input ${match} ${id} @known counter drop comment "pinned"\n`,
    );
    return { result: await running.result, pinned: await wire.target.counted("pinned") };
  } finally {
    await reflector.stop();
    await wire.remove();
  }
}

test("a path that went dark takes another identifier or port, which a firewall does not hold against it", async () => {
  const runs = await Promise.all([
    probePinned("icmp", "icmp type echo-request", "icmp id"),
    probePinned("stamp", "udp dport 862", "udp sport"),
  ]);

  for (const { result, pinned } of runs) {
    expect(result).toMatchObject({ rotations: 1, lost: pinned, bursts: 1, void: 0 });
    // Dark for ten seconds before it tries: well under the rest of the run.
    expect(result.longestBurst).toBeGreaterThan(400);
    expect(result.longestBurst).toBeLessThan(700);
  }
}, 60_000);
