import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nic } from "../../src/collectors/nic/index.ts";
import { nicOptions } from "../../src/collectors/nic/options.ts";
import * as structs from "../../src/collectors/nic/structs.ts";
import { libc } from "../../src/kernel/ffi/libc.ts";
import { type Host, SourceAbsentError } from "../../src/kernel/host.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";
import type { AnySample } from "../../src/metrics/define.ts";
import { collectOnce } from "../support/collecting.ts";

const CLONE_NEWNET = 0x40000000;
const setns = libc.func("int setns(int, int)");
const namespace = `vl-ethtool-${process.pid}`;
const sysfs = mkdtempSync(join(tmpdir(), "virtloss-sysfs-"));

function inside(command: string, ...args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync("nsenter", [`--net=/run/netns/${namespace}`, command, ...args], {
    encoding: "utf8",
  });
  if (error) throw error;
  return `${stdout}${stderr}`;
}

/** Runs something while this thread is in the namespace: a socket opened meanwhile belongs to it for good. */
async function enter<T>(path: string, run: () => Promise<T>): Promise<T> {
  const [there, here] = [openSync(path, "r"), openSync("/proc/self/ns/net", "r")];
  try {
    if (setns(there, CLONE_NEWNET) !== 0) throw new Error(`setns to ${path} failed: this test needs root`);
    return await run();
  } finally {
    setns(here, CLONE_NEWNET);
    closeSync(there);
    closeSync(here);
  }
}

const real = createLinuxHost();
/** /sys as the namespace sees it is mounted in a folder of the test's own. */
const host: Host = {
  ...real,
  readText: (path) => real.readText(path.replace(/^\/sys\//, `${sysfs}/`)),
  list: (path) => real.list(path.replace(/^\/sys\//, `${sysfs}/`)),
  readLink: (path) => real.readLink(path.replace(/^\/sys\//, `${sysfs}/`)),
};

beforeAll(async () => {
  execFileSync("ip", ["netns", "add", namespace]);
  inside(
    "ip",
    "link",
    "add",
    "left0",
    "numrxqueues",
    "4",
    "numtxqueues",
    "4",
    "type",
    "veth",
    "peer",
    "name",
    "right0",
  );
  inside("ip", "link", "set", "left0", "mtu", "1400", "address", "02:00:00:00:00:aa", "up");
  inside("ip", "link", "set", "right0", "up");
  inside("mount", "-t", "sysfs", "none", sysfs);
  await enter(`/run/netns/${namespace}`, () => host.ethtool("left0", structs.driverRequest()));
});

afterAll(() => {
  execFileSync("umount", [sysfs]);
  rmdirSync(sysfs);
  execFileSync("ip", ["netns", "del", namespace]);
});

async function collect(): Promise<readonly AnySample[]> {
  const { samples, notes } = await collectOnce(nic, host, nicOptions.parse({ include: "^left0$", exclude: ".*" }));
  expect(notes).toEqual([]);
  return samples;
}

function value(samples: readonly AnySample[], name: string, label: string): number | undefined {
  const found = samples.find((s) => s.metric.name === name && Object.values(s.labels).includes(label));
  return found && "value" in found ? found.value : undefined;
}

/** `on` or `off` of one line of `ethtool -k`. */
function toolFeature(name: string): number {
  const line = inside("ethtool", "-k", "left0")
    .split("\n")
    .find((l) => l.trim().startsWith(`${name}:`));
  return line?.includes(": on") ? 1 : 0;
}

test("driver, MTU and address are those of the tools", async () => {
  const samples = await collect();

  const info = samples.find((s) => s.metric.name === "virtloss_nic_info");
  expect(info?.labels).toEqual({ device: "left0", driver: "veth", mac: "02:00:00:00:00:aa", kind: "virtual" });
  expect(inside("ethtool", "-i", "left0")).toMatch(/^driver: veth$/m);
  expect(value(samples, "virtloss_nic_mtu_bytes", "left0")).toBe(1400);
});

test.each([1, 3])("after ethtool -L of %d queues both tools count the same", async (queues) => {
  inside("ethtool", "-L", "left0", "rx", String(queues), "tx", String(queues));

  const samples = await collect();

  const [maximums = "", current = ""] = inside("ethtool", "-l", "left0").split("Current hardware settings");
  const tool = (text: string, direction: string) => Number(new RegExp(`^${direction}:\\s+(\\d+)`, "m").exec(text)?.[1]);
  expect(value(samples, "virtloss_nic_queues", "receive")).toBe(tool(current, "RX"));
  expect(value(samples, "virtloss_nic_queues", "transmit")).toBe(tool(current, "TX"));
  expect(value(samples, "virtloss_nic_queues_max", "receive")).toBe(tool(maximums, "RX"));
  expect(tool(current, "RX")).toBe(queues);
});

test.each([
  ["tso", "tcp-segmentation-offload"],
  ["gso", "generic-segmentation-offload"],
  ["gro", "generic-receive-offload"],
  ["tx_checksum", "tx-checksumming"],
  ["scatter_gather", "scatter-gather"],
])("after ethtool -K %s off and on both tools say the same", async (offload, feature) => {
  for (const setting of ["off", "on"]) {
    inside("ethtool", "-K", "left0", feature, setting);

    const ours = value(await collect(), "virtloss_nic_offload_enabled", offload);

    expect(ours).toBe(toolFeature(feature));
    expect(ours).toBe(setting === "on" ? 1 : 0);
  }
});

test("the driver's own counters have the names and values of ethtool -S", async () => {
  const set = structs.stringSets.statistics;
  const count = structs.parseStringCount(await host.ethtool("left0", structs.stringCountRequest(set)));
  const names = structs.parseStrings(await host.ethtool("left0", structs.stringsRequest(set, count)));
  const values = structs.parseStatistics(await host.ethtool("left0", structs.statisticsRequest(count)));

  const ours = names.map((name, i) => `     ${name}: ${values[i]}`);

  expect(inside("ethtool", "-S", "left0").trimEnd().split("\n").slice(1)).toEqual(ours);
});

test("frames that the kernel drops on the way out are counted one for one", async () => {
  const dropped = async () => {
    const drops = (await collect()).filter((s) => s.metric.name === "virtloss_nic_drops_total");
    const found = drops.find((s) => s.labels["direction"] === "transmit" && s.labels["cause"] === "dropped");
    return found && "value" in found ? found.value : Number.NaN;
  };
  inside("ip", "addr", "add", "192.0.2.1/24", "dev", "left0");
  inside("ip", "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:bb", "dev", "left0", "nud", "permanent");
  // A veth does not hand over a frame that its peer's MTU cannot hold.
  inside("ip", "link", "set", "right0", "mtu", "300");
  const before = await dropped();

  inside("ping", "-c", "7", "-i", "0.002", "-W", "1", "-w", "1", "-s", "1000", "192.0.2.9");

  const sent = Number(inside("cat", `${sysfs}/class/net/left0/statistics/tx_dropped`)) - before;
  expect(sent).toBeGreaterThanOrEqual(7);
  expect((await dropped()) - before).toBe(sent);
});

test("an interface that does not exist and a command that a driver lacks are absent", async () => {
  await expect(host.ethtool("nothere0", structs.driverRequest())).rejects.toThrow(
    new SourceAbsentError("ethtool command 0x3 on nothere0: ENODEV"),
  );
  await expect(host.ethtool("left0", structs.ringRequest())).rejects.toThrow("ethtool command 0x10 on left0");
  await expect(host.ethtool("lo", structs.channelsRequest())).rejects.toThrow(SourceAbsentError);
});

test("many calls at once each get their own answer", async () => {
  const requests = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? "left0" : "right0"));

  const drivers = await Promise.all(requests.map((device) => host.ethtool(device, structs.driverRequest())));

  expect(new Set(drivers.map(structs.parseDriver))).toEqual(new Set(["veth"]));
});
