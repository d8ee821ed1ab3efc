import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync } from "node:fs";
import { release } from "node:os";
import { bridge } from "../../src/collectors/bridge/index.ts";
import { qdisc } from "../../src/collectors/qdisc/index.ts";
import { qdiscOptions } from "../../src/collectors/qdisc/options.ts";
import { libc } from "../../src/kernel/ffi/libc.ts";
import { type Host, SourceAbsentError } from "../../src/kernel/host.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";
import { linksRequest, parseLinks } from "../../src/kernel/netlink/link.ts";
import { dumpRequest } from "../../src/kernel/netlink/message.ts";
import {
  familiesRequest,
  familyNumber,
  parseQueueStatistics,
  queueStatisticsRequest,
} from "../../src/kernel/netlink/queue-statistics.ts";
import { classesRequest, parseClasses, parseQdiscs, qdiscsRequest } from "../../src/kernel/netlink/traffic-control.ts";
import { collectOnce } from "../support/collecting.ts";

const CLONE_NEWNET = 0x40000000;
const TAPS = 300;
const setns = libc.func("int setns(int, int)");
const namespace = `vl-netlink-${process.pid}`;
const signal = new AbortController().signal;

function inside(command: string, args: readonly string[], input = ""): string {
  const { stdout, stderr, status, error } = spawnSync("nsenter", [`--net=/run/netns/${namespace}`, command, ...args], {
    encoding: "utf8",
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Hundreds of commands of ip or tc in one process. */
function batch(command: string, lines: readonly string[]): void {
  inside(command, ["-b", "-"], `${lines.join("\n")}\n`);
}

/** A host whose socket was opened, and stays, in a namespace. */
async function openIn(name: string): Promise<Host> {
  const [there, here] = [openSync(`/run/netns/${name}`, "r"), openSync("/proc/self/ns/net", "r")];
  try {
    if (setns(there, CLONE_NEWNET) !== 0) throw new Error(`setns to ${name} failed: this test needs root`);
    const opened = createLinuxHost();
    await opened.netlink(linksRequest(), signal);
    return opened;
  } finally {
    setns(here, CLONE_NEWNET);
    closeSync(there);
    closeSync(here);
  }
}

const taps = Array.from({ length: TAPS }, (_, i) => `t${i}`);
let host: Host;

beforeAll(async () => {
  execFileSync("ip", ["netns", "add", namespace]);
  inside("ip", ["link", "add", "br0", "type", "bridge"]);
  batch(
    "ip",
    taps.flatMap((tap) => [`tuntap add dev ${tap} mode tap`, `link set ${tap} master br0 up`]),
  );
  batch("tc", [
    ...taps.map((tap) => `qdisc add dev ${tap} root handle 1: htb default 1`),
    ...taps.map((tap, i) => `class add dev ${tap} parent 1: classid 1:1 htb rate 1mbit ceil ${i + 1}mbit`),
  ]);
  host = await openIn(namespace);
});

afterAll(() => {
  execFileSync("ip", ["netns", "del", namespace]);
});

interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

test("hundreds of interfaces are those that ip lists, whole", async () => {
  const ours = parseLinks(await host.netlink(linksRequest(), signal));

  const theirs = JSON.parse(inside("ip", ["-d", "-j", "link"])) as IpLink[];
  expect(ours.size).toBe(TAPS + 2);
  expect(
    [...ours.values()].map(({ index, name, kind, up, carrier, master }) => ({
      index,
      name,
      kind,
      up,
      carrier,
      master: ours.get(master)?.name,
    })),
  ).toEqual(
    theirs.map(({ ifindex, ifname, linkinfo, flags, master }) => ({
      index: ifindex,
      name: ifname,
      kind: linkinfo?.info_kind ?? "",
      up: flags.includes("UP"),
      carrier: flags.includes("LOWER_UP"),
      master,
    })),
  );
});

test("hundreds of queues and their limits are those that were made", async () => {
  const { samples } = await collectOnce(qdisc, host, qdiscOptions.parse({}));

  const limits = samples.filter((s) => s.metric.name === "virtloss_network_limit_bytes_per_second");
  expect(new Map(limits.map((s) => [s.labels["device"], "value" in s ? s.value : Number.NaN]))).toEqual(
    new Map(taps.map((tap, i) => [tap, (i + 1) * 125_000])),
  );
});

test("many dumps at once each get their own answer", async () => {
  const links = parseLinks(await host.netlink(linksRequest(), signal));
  const first = [...links.values()].find(({ name }) => name === "t0");
  if (!first) throw new Error("no t0");

  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      if (i % 3 === 0) return parseLinks(await host.netlink(linksRequest(), signal)).size;
      if (i % 3 === 1) return parseClasses(await host.netlink(classesRequest(first.index), signal)).length;
      return parseQdiscs(await host.netlink(qdiscsRequest(), signal)).length;
    }),
  );

  for (const [i, answer] of answers.entries()) expect(answer).toBe([TAPS + 2, 1, TAPS][i % 3]);
});

test("while interfaces come and go a dump holds each of the others once, or is refused as a whole", async () => {
  const churn = spawn(
    "nsenter",
    [`--net=/run/netns/${namespace}`, "sh", "-c", "while :; do ip link add c0 type bridge; ip link del c0; done"],
    { stdio: "ignore" },
  );
  const readings: (readonly string[] | string)[] = [];
  try {
    for (let i = 0; i < 30; i++) {
      readings.push(
        await host
          .netlink(linksRequest(), signal)
          .then(
            (messages) =>
              [...parseLinks(messages).values()].map(({ name }) => name).filter((name) => name.startsWith("t")),
            String,
          ),
      );
    }
  } finally {
    churn.kill("SIGKILL");
    await once(churn, "close");
  }

  const refused = readings.filter((reading) => typeof reading === "string");
  expect(new Set(refused.map((error) => /came and went during 3 readings/.test(error)))).toEqual(
    new Set(refused.length > 0 ? [true] : []),
  );
  expect(refused.length).toBeLessThan(readings.length);
  for (const names of readings.filter((reading) => typeof reading !== "string")) expect(names).toEqual(taps);
});

test("a request that the kernel does not know is an absent source, and the next dump is as good as before", async () => {
  const unknown = host.netlink(dumpRequest(9999, new Uint8Array(20)), signal);
  await expect(unknown).rejects.toThrow(SourceAbsentError);
  await expect(unknown).rejects.toThrow(/^netlink request 9999: (EOPNOTSUPP|ENOTSUP)$/);

  expect(parseQdiscs(await host.netlink(qdiscsRequest(), signal))).toHaveLength(TAPS);
});

test("a dump that is given up leaves no descriptor and no answer behind", async () => {
  const fresh = createLinuxHost();
  await fresh.netlink(linksRequest(), signal);
  const before = readdirSync("/proc/self/fd").length;

  for (let i = 0; i < 10; i++) {
    await expect(fresh.netlink(linksRequest(), AbortSignal.abort())).rejects.toThrow("aborted");
  }

  const own = parseLinks(await fresh.netlink(linksRequest(), signal));
  expect([...own.values()].map(({ name }) => name)).toContain("lo");
  expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});

test("kernels since 6.9 tell of queues, and their packets are those of the interface", async () => {
  const real = createLinuxHost();
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const tells = major > 6 || (major === 6 && minor >= 9);
  const netdev = familyNumber(await real.netlink(familiesRequest(), signal, "generic"), "netdev");
  const readLinks = async () => parseLinks(await real.netlink(linksRequest(), signal));

  const before = await readLinks();
  const answer = tells ? await real.netlink(queueStatisticsRequest(netdev ?? 0), signal, "generic") : [];
  const after = await readLinks();

  const queues = parseQueueStatistics(answer);
  for (const link of new Set(queues.map((queue) => queue.link))) {
    const received = queues.filter((queue) => queue.link === link && queue.direction === "receive");
    const sum = received.reduce((total, { packets }) => total + packets, 0);
    expect(sum).toBeGreaterThanOrEqual(before.get(link)?.statistics?.rxPackets ?? 0);
    expect(sum).toBeLessThanOrEqual(after.get(link)?.statistics?.rxPackets ?? 0);
  }
});

test("a machine without a bridge has no such source", async () => {
  const bare = `${namespace}-bare`;
  execFileSync("ip", ["netns", "add", bare]);
  try {
    await expect(collectOnce(bridge, await openIn(bare), {})).rejects.toThrow(SourceAbsentError);
  } finally {
    execFileSync("ip", ["netns", "del", bare]);
  }
});
