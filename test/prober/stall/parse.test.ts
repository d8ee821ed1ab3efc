import { cpuCgroups, parseSchedule, parseStealNanos, parseThrottledNanos } from "../../../src/prober/stall/parse.ts";

describe("schedstat", () => {
  test("holds the time that a thread waited for a CPU, and how often it got one", () => {
    expect(parseSchedule("119991864 4724961 133\n")).toEqual({ waitedNanos: 4724961, runs: 133 });
  });

  test.each(["", "\n", "119991864\n", "a b c\n", "1 -2 3\n"])("%j tells nothing", (text) => {
    expect(parseSchedule(text)).toBeUndefined();
  });
});

describe("cpu.stat", () => {
  test.each([
    [
      "version 1 counts nanoseconds",
      "nr_periods 43\nnr_throttled 40\nthrottled_time 3349789448\nnr_bursts 0\nburst_time 0\n",
      3349789448,
    ],
    [
      "version 2 counts microseconds",
      "usage_usec 90\nuser_usec 40\nsystem_usec 50\nnr_periods 8\nnr_throttled 7\nthrottled_usec 650123\nnr_bursts 0\nburst_usec 0\n",
      650123000,
    ],
    [
      "the root of version 2 has no quota",
      "usage_usec 5694852671\nuser_usec 3970146495\nsystem_usec 1724706176\n",
      undefined,
    ],
    ["nothing at all", "", undefined],
    ["a line cut short", "nr_throttled 7\nthrottled_usec ", undefined],
  ])("%s", (_, text, nanos) => {
    expect(parseThrottledNanos(text)).toBe(nanos);
  });
});

describe("/proc/stat", () => {
  const two = [
    "cpu  337991 48606 161598 1653285 6484 0 8148 2992 0 0",
    "cpu0 160550 21025 79344 842213 1324 0 3571 1398 0 0",
    "cpu1 177441 27580 82253 811071 5159 0 4576 1594 0 0",
    "intr 13128965 0 0",
    "",
  ].join("\n");

  test("gives the steal of one CPU", () => {
    expect(parseStealNanos(two, 0)).toBe(13.98e9);
    expect(parseStealNanos(two, 1)).toBe(15.94e9);
  });

  test("CPU 1 of 128 is neither CPU 10 nor CPU 100, and an offline one tells nothing", () => {
    const online = Array.from({ length: 128 }, (_, cpu) => cpu).filter((cpu) => cpu !== 77);
    const rows = online.map((cpu) => `cpu${cpu} 1 2 3 4 5 6 7 ${cpu} 0 0\n`);
    const text = `cpu  1 2 3 4 5 6 7 8 0 0\n${rows.join("")}intr 1\n`;

    expect([1, 10, 100, 127].map((cpu) => parseStealNanos(text, cpu))).toEqual([1e7, 10e7, 100e7, 127e7]);
    expect(parseStealNanos(text, 77)).toBeUndefined();
  });

  test("a kernel before steal was counted, a row that is cut off, and nothing tell nothing", () => {
    expect(parseStealNanos("cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 1\n", 0)).toBeUndefined();
    expect(parseStealNanos("cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8", 0)).toBeUndefined();
    expect(parseStealNanos("", 0)).toBeUndefined();
  });
});

describe("which cgroups can throttle us", () => {
  const v1Mounts = [
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
    "32 31 0:29 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset",
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
  ].join("\n");
  const v2Mount = (root: string, point = "/sys/fs/cgroup") =>
    `23 29 0:22 / /proc rw - proc proc rw\n35 30 0:31 ${root} ${point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;

  test.each([
    ["version 1 at the root", "2:cpuacct:/\n1:cpu:/\n0::/\n", v1Mounts, ["/sys/fs/cgroup/cpu,cpuacct"]],
    [
      "version 1, a service",
      "4:cpu,cpuacct:/system.slice/virtloss.service\n1:name=systemd:/system.slice/virtloss.service\n0::/elsewhere\n",
      v1Mounts,
      [
        "/sys/fs/cgroup/cpu,cpuacct/system.slice/virtloss.service",
        "/sys/fs/cgroup/cpu,cpuacct/system.slice",
        "/sys/fs/cgroup/cpu,cpuacct",
      ],
    ],
    [
      "version 1, a container that sees the host's path but only its own directory",
      "4:cpu,cpuacct:/docker/4c4c\n",
      "33 31 0:30 /docker/4c4c /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n",
      ["/sys/fs/cgroup/cpu,cpuacct"],
    ],
    ["version 2 at the root", "0::/\n", v2Mount("/"), ["/sys/fs/cgroup"]],
    [
      "version 2, nested",
      "0::/kubepods.slice/pod1.slice/cri-1.scope\n",
      v2Mount("/"),
      [
        "/sys/fs/cgroup/kubepods.slice/pod1.slice/cri-1.scope",
        "/sys/fs/cgroup/kubepods.slice/pod1.slice",
        "/sys/fs/cgroup/kubepods.slice",
        "/sys/fs/cgroup",
      ],
    ],
    [
      "version 2, a bind mount of a part beside the whole",
      "0::/system.slice/a.service/inner\n",
      v2Mount("/system.slice/b.service", "/b") + v2Mount("/system.slice/a.service", "/a"),
      ["/a/inner", "/a"],
    ],
    ["a path outside the namespace shows what is mounted", "0::/../../other.scope\n", v2Mount("/"), ["/sys/fs/cgroup"]],
    ["a name that only begins like the mount's", "0::/docker/ab\n", v2Mount("/docker/a"), ["/sys/fs/cgroup"]],
    ["a mount point with a space", "0::/x\n", v2Mount("/", "/cg\\040two"), ["/cg two/x", "/cg two"]],
    ["version 2 is mounted but nobody says which is ours", "", v2Mount("/"), ["/sys/fs/cgroup"]],
    ["no cgroup is mounted", "0::/\n", "23 29 0:22 / /proc rw - proc proc rw\n", []],
    ["no cgroups at all", "", "", []],
    ["nonsense", "::::\n7:cpu\n", "1 2 3\n - - -\ncgroup2", []],
  ])("%s", (_, membership, mounts, expected) => {
    expect(cpuCgroups(membership, mounts)).toEqual(expected);
  });
});
