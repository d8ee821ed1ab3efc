import {
  allowedCpus,
  cgroupPath,
  parseNetDev,
  parseNumaStat,
  parseSchedstat,
  parseTaskStat,
  statusBytes,
  tapOfDescriptor,
} from "../../../src/collectors/qemu/parse.ts";

test("schedstat: time on a CPU and time ready for one; zeros are a kernel that does not count", () => {
  expect(parseSchedstat("f", "2500000000 1250000000 33893\n")).toEqual({ runSeconds: 2.5, readySeconds: 1.25 });
  expect(parseSchedstat("f", "0 0 0\n")).toBeUndefined();
  expect(() => parseSchedstat("/proc/1/schedstat", "1 2\n")).toThrow(
    '/proc/1/schedstat: expected three numbers, got "1 2"',
  );
  expect(() => parseSchedstat("/proc/1/schedstat", "")).toThrow('expected three numbers, got ""');
});

test("stat: a name may hold blanks and parentheses", () => {
  const fields = Array.from({ length: 50 }, (_, i) => String(i + 4));

  expect(parseTaskStat("f", `28959 (CPU 0) (x)) R ${fields.join(" ")}\n`)).toEqual({
    startTicks: "22",
    lastCpu: 39,
    ended: false,
  });
  expect(parseTaskStat("f", `1 (kvm) Z ${fields.join(" ")}\n`).ended).toBe(true);
  expect(() => parseTaskStat("/proc/1/stat", "1 (kvm) S 1 2")).toThrow(
    '/proc/1/stat: expected at least 39 fields, got "1 (kvm) S 1 2"',
  );
});

test("status: bytes and CPUs of lines that are there", () => {
  const text = "Name:\tkvm\nVmSwap:\t   20480 kB\nCpus_allowed:\tf0\nCpus_allowed_list:\t4-5,7\n";

  expect(statusBytes(text, "VmSwap")).toBe(20_480 * 1024);
  expect(statusBytes("Name:\tkthreadd\n", "VmSwap")).toBeUndefined();
  expect(allowedCpus(text)).toBe(3);
  expect(allowedCpus("")).toBeUndefined();
});

test("fdinfo of a tap names its interface once it has one", () => {
  expect(tapOfDescriptor("pos:\t1446\nflags:\t0104002\nmnt_id:\t150\nino:\t105\niff:\tvnet0\n")).toBe("vnet0");
  expect(tapOfDescriptor("pos:\t0\nflags:\t0104002\niff:\t\n")).toBeUndefined();
});

describe("/proc/net/dev", () => {
  const header = "Inter-|   Receive  |  Transmit\n face |bytes packets |bytes packets\n";

  test("a name may touch the first number; only interfaces that are asked for are read", () => {
    const text = `${header}vnet1:1 2 0 3 0 0 0 0 4 5 0 6 0 0 0 0\n  eth0: broken\n`;

    expect(parseNetDev(text, new Set(["vnet1", "gone"]))).toEqual(
      new Map([["vnet1", { received: 2, receiveDropped: 3, sent: 5, sendDropped: 6 }]]),
    );
  });

  test.each(["vnet1: 1 2 3", "vnet1:", "vnet1: 1 2 0 3 0 0 0 0 4 many 0 6 0 0 0 0"])("a row that is cut: %j", (row) => {
    expect(() => parseNetDev(`${header}${row}\n`, new Set(["vnet1"]))).toThrow(
      `/proc/net/dev: expected 16 numbers behind the name, got "${row}"`,
    );
  });
});

test("a process's place in the unified hierarchy, beside others or alone", () => {
  expect(cgroupPath("4:memory:/machine\n0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator\n")).toBe(
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
  );
  expect(cgroupPath("4:memory:/machine\n")).toBeUndefined();
});

test("memory by node: what is anonymous and what is a file, memfd among it", () => {
  const text = "anon N0=1000 N1=49152\nfile N0=24 N1=4194304\nkernel_stack N0=7 N1=7\nshmem N0=0 N1=4194304\n";

  expect(parseNumaStat("f", text)).toEqual(
    new Map([
      [0, 1024],
      [1, 49_152 + 4_194_304],
    ]),
  );
  expect(parseNumaStat("f", "")).toEqual(new Map());
  expect(() => parseNumaStat("memory.numa_stat", "anon N0=1 total=5\n")).toThrow(
    'memory.numa_stat: expected N0=BYTES, got "total=5"',
  );
});
