import { execFileSync } from "node:child_process";
import { memory } from "../../../src/collectors/memory/index.ts";
import { hugePageBytes, parseMeminfo, parsePageBytes, parseVmstat } from "../../../src/collectors/memory/parse.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { seriesOf } from "../../support/series.ts";

async function collect(host: Host) {
  return seriesOf((await collectOnce(memory, host, {})).samples);
}

/** A fixture with some files changed; undefined takes a file away. */
function changed(name: string, files: Readonly<Record<string, string | undefined>>): Host {
  const host = createFixtureHost(name);
  return {
    ...host,
    async readText(path) {
      if (!(path in files)) return host.readText(path);
      const text = files[path];
      if (text === undefined) throw new SourceAbsentError(path);
      return text;
    },
  };
}

test("a guest with two NUMA nodes: the machine's memory, and what each node has left", async () => {
  expect(await collect(createFixtureHost("linux-6.12-numa"))).toMatchObject({
    "virtloss_memory_total_bytes{}": 475_788 * 1024,
    "virtloss_memory_available_bytes{}": 305_496 * 1024,
    'virtloss_memory_node_total_bytes{node="0"}': 218_356 * 1024,
    'virtloss_memory_node_free_bytes{node="1"}': 179_356 * 1024,
    'virtloss_memory_huge_pages{size="2097152",state="total"}': 64,
    "virtloss_ksm_running{}": 1,
    'virtloss_ksm_copies_total{cause="write"}': 0,
  });
});

test("one node is the machine, and has no series of its own", async () => {
  const series = await collect(createFixtureHost("linux-6.1-qemu"));

  expect(Object.keys(series).filter((name) => name.includes("node"))).toEqual([]);
});

test("what the kernel counts in pages is told in bytes, of its own size of page", async () => {
  const vmstat = "pswpin 3\npswpout 5\nballoon_inflate 7\nballoon_deflate 2\ncow_ksm 11\n";
  const of = async (kilobytes: number) => {
    const own = { "/proc/self/statm": "1000 800 400 1 0 90 0\n", "/proc/self/status": `VmSize:\t${kilobytes} kB\n` };
    return collect(changed("linux-6.1-qemu", { ...own, "/proc/vmstat": vmstat }));
  };

  const x86 = await of(4100);
  const arm64 = await of(64_000);

  expect(x86).toMatchObject({
    "virtloss_memory_swap_in_bytes_total{}": 3 * 4096,
    "virtloss_memory_swap_out_bytes_total{}": 5 * 4096,
    'virtloss_guest_balloon_bytes_total{direction="inflate"}': 7 * 4096,
    'virtloss_guest_balloon_bytes_total{direction="deflate"}': 2 * 4096,
    'virtloss_ksm_copies_total{cause="write"}': 11,
  });
  expect(arm64["virtloss_memory_swap_out_bytes_total{}"]).toBe(5 * 65_536);
  expect(x86).not.toHaveProperty('virtloss_ksm_copies_total{cause="swap_in"}');
});

test.each([
  ["0", 0],
  ["1", 1],
  ["2", 0],
])("KSM with run=%s merges: %d", async (run, merges) => {
  const files = { "/sys/kernel/mm/ksm/run": `${run}\n`, "/sys/kernel/mm/ksm/pages_sharing": "1234\n" };
  const series = await collect(changed("linux-6.1-qemu", files));

  expect(series).toMatchObject({ "virtloss_ksm_running{}": merges, 'virtloss_ksm_pages{state="sharing"}': 1234 });
});

test("a kernel without KSM and huge pages tells the rest", async () => {
  const { list, ...host } = changed("linux-6.1-qemu", { "/sys/kernel/mm/ksm/run": undefined });
  const absent: Host["list"] = async (path) => {
    if (path.startsWith("/sys")) throw new SourceAbsentError(path);
    return list(path);
  };
  const names = Object.keys(await collect({ ...host, list: absent }));

  expect(names).toContain("virtloss_memory_total_bytes{}");
  expect(names.filter((name) => /ksm_(pages|running)|huge|node/.test(name))).toEqual([]);
});

test("text that is no number is told with its file", async () => {
  const files = { "/sys/kernel/mm/ksm/run": "many\n" };

  await expect(collect(changed("linux-6.1-qemu", files))).rejects.toThrow(
    '/sys/kernel/mm/ksm/run: expected a number, got "many"',
  );
});

describe("parsers", () => {
  test("meminfo of a node begins its lines with the node; what counts pages is left out", () => {
    const text = "Node 3 MemTotal:  100 kB\nNode 3 Active(anon): 7 kB\nNode 3 HugePages_Total:     5\n";

    expect(parseMeminfo("f", text)).toEqual(
      new Map([
        ["MemTotal", 102_400],
        ["Active(anon)", 7168],
      ]),
    );
  });

  test("bad text is an error that names file, row and what was expected", () => {
    expect(() => parseMeminfo("/proc/meminfo", "nothing")).toThrow(
      '/proc/meminfo: expected a line "MemTotal: … kB", got "nothing"',
    );
    expect(() => parseVmstat("pswpin 1\npswpout many\n")).toThrow(
      '/proc/vmstat row 1: expected a name and a number, got "pswpout many"',
    );
    expect(() => hugePageBytes("large")).toThrow('expected a directory such as hugepages-2048kB, found "large"');
    expect(hugePageBytes("hugepages-1048576kB")).toBe(1024 ** 3);
  });

  test("a process that grows between two reads does not move the size of a page", () => {
    expect(parsePageBytes("1000 1 1 1 0 1 0\n", "VmSize:\t 5200 kB\n")).toBe(4096);
    expect(parsePageBytes("1300 1 1 1 0 1 0\n", "VmSize:\t 16000 kB\n")).toBe(16_384);
    expect(() => parsePageBytes("0 0 0 0 0 0 0\n", "Name:\tkthreadd\n")).toThrow(
      'expected pages in /proc/self/statm and VmSize in /proc/self/status, got "0 0 0 0 0 0 0"',
    );
  });
});

describe("on this machine", () => {
  test("total memory, swap and the size of a page are those that free, vmstat and getconf show", async () => {
    const before = Number(execFileSync("free", ["-b"], { encoding: "utf8" }).match(/^Mem:\s+(\d+)/m)?.[1]);
    const host = createLinuxHost();
    const series = await collect(host);
    const after = Number(execFileSync("free", ["-b"], { encoding: "utf8" }).match(/^Mem:\s+(\d+)/m)?.[1]);
    const pagesOut = Number(execFileSync("vmstat", ["-s"], { encoding: "utf8" }).match(/(\d+) pages swapped out/)?.[1]);
    const page = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
    const own = parsePageBytes(await host.readText("/proc/self/statm"), await host.readText("/proc/self/status"));

    // A machine whose own hypervisor plugs memory changes its total while we look.
    expect(series["virtloss_memory_total_bytes{}"]).toBeGreaterThanOrEqual(Math.min(before, after));
    expect(series["virtloss_memory_total_bytes{}"]).toBeLessThanOrEqual(Math.max(before, after));
    expect(own).toBe(page);
    expect(series["virtloss_memory_swap_out_bytes_total{}"]).toBeLessThanOrEqual(pagesOut * page);
  });
});
