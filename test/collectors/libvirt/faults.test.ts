import { setTimeout as sleep } from "node:timers/promises";
import { libvirt } from "../../../src/collectors/libvirt/index.ts";
import { NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createDomain } from "../../support/fake-libvirtd.mjs";
import { type Bench, silentHost, startBench, valuesOf } from "./reading-fake.ts";

const noVirsh = {
  ...silentHost,
  run: async (program: string) => {
    throw new SourceAbsentError(`${program} is not installed`);
  },
};

let bench: Bench;
beforeEach(async () => {
  bench = await startBench(2, noVirsh);
});
afterEach(() => bench.stop());

const whole = async () => Object.keys(valuesOf(await bench.read(), "vm_info", "vm"));

test.each([
  ["close when asked", Error, "libvirt closed the connection while it was asked for its statistics"],
  ["half a message", Error, /expected \d+ bytes, got \d+ and the end of the stream; and virsh is not installed$/],
  ["half a body", Error, /^libvirt's answer, byte \d+: expected \d+ more bytes, got \d+; and virsh is not installed$/],
  ["garbage", Error, "expected a length from 28 to 33554436 bytes, got 1213486160; and virsh is not installed"],
  ["100 MB", Error, "expected a length from 28 to 33554436 bytes, got 100000000; and virsh is not installed"],
  ["wrong serial", Error, /expected program 0x20008086 version 1 and a serial from 1 to 1, got .* serial 8/],
  ["another version", Error, "libvirt does not speak version 1 of its protocol: Cannot find program"],
  ["sasl", NotPermittedError, "libvirt wants a name and a password (SASL)"],
  [
    "polkit refuses",
    NotPermittedError,
    /refuse this user \(authentication failed: access denied by policy\): run as root, .* polkit rule/,
  ],
  ["no driver", SourceAbsentError, "libvirt has nothing to do with QEMU here: no connection driver available"],
])("%s: told as such, at once, and the next reading works", async (fault, kind, message) => {
  bench.daemon.fault = fault;
  const startedMs = performance.now();

  const failing = bench.read();

  await expect(failing).rejects.toThrow(kind);
  await expect(failing).rejects.toThrow(message);
  expect(performance.now() - startedMs).toBeLessThan(1500);
  bench.daemon.fault = "";
  expect(await whole()).toEqual(["vm-1", "vm-2"]);
});

test.each(["close when asked", "half a message", "half a body", "garbage", "wrong serial"])(
  "%s on a connection that worked: the reading fails, the next one connects again",
  async (fault) => {
    await bench.read();
    bench.daemon.fault = fault;

    await expect(bench.read()).rejects.toThrow("libvirt");

    bench.daemon.fault = "";
    expect(await whole()).toEqual(["vm-1", "vm-2"]);
    expect(bench.daemon.connections).toBe(2);
  },
);

test("a daemon that hangs is asked twice, given up, and asked again on a new connection", async () => {
  await bench.read();
  bench.daemon.fault = "hang";

  await expect(bench.read()).rejects.toThrow("libvirt was asked for its statistics and did not answer within 6 s");

  bench.daemon.fault = "";
  expect(await whole()).toEqual(["vm-1", "vm-2"]);
  expect(bench.daemon.connections).toBe(2);
}, 20_000);

test("a reading that is aborted ends at once, whatever the daemon does", async () => {
  bench.daemon.fault = "hang";
  const source = libvirt.open(noVirsh, { uri: `qemu+unix:///system?socket=${bench.path}` });
  const controller = new AbortController();
  const reading = source.read(controller.signal, () => undefined);
  await sleep(100);
  const startedMs = performance.now();

  controller.abort();

  await expect(reading).rejects.toThrow("the connection to libvirt was closed");
  expect(performance.now() - startedMs).toBeLessThan(500);
  source.close();
});

test("connections that break are given back, however often", async () => {
  const broken = ["half a message", "garbage", "wrong serial", "half a body", "polkit refuses"];
  for (let reading = 0; reading < 20; reading++) {
    bench.daemon.fault = broken[reading % broken.length] ?? "";
    await expect(bench.read()).rejects.toThrow("libvirt");
  }
  await sleep(50);

  expect(bench.daemon.open).toBe(0);
});

test("a source that is closed while it connects leaves no connection", async () => {
  const source = libvirt.open(noVirsh, { uri: `qemu+unix:///system?socket=${bench.path}` });
  const reading = source.read(new AbortController().signal, () => undefined);

  source.close();

  await expect(reading).rejects.toThrow("the connection to libvirt was closed");
  await sleep(50);
  expect(bench.daemon.connections).toBe(1);
  expect(bench.daemon.open).toBe(0);
});

test("a daemon that is restarted between two readings costs one of them", async () => {
  await bench.read();
  await bench.restart(3);

  const names = await whole().catch(async (error) => {
    expect(error.message).toMatch(/^(libvirt closed the connection|the connection to libvirt broke)/);
    return whole();
  });

  expect(names).toEqual(["vm-1", "vm-2", "vm-3"]);
});

test("a daemon that is gone leaves a socket to which nobody answers", async () => {
  await bench.read();
  const { path } = bench;
  // A daemon that was killed does not take its socket away.
  const { createServer } = await import("node:net");
  const { renameSync } = await import("node:fs");
  const dead = createServer().listen(`${path}.dead`);
  await sleep(20);
  renameSync(`${path}.dead`, `${path}.kept`);
  await new Promise((resolve) => dead.close(resolve));
  renameSync(`${path}.kept`, `${path}.dead`);

  await expect(collectOnce(libvirt, noVirsh, { uri: `qemu+unix:///system?socket=${path}.dead` })).rejects.toThrow(
    `nobody answers at libvirt's socket ${path}.dead: is the daemon running?`,
  );
});

test("a machine without libvirt is absent", async () => {
  const reading = collectOnce(libvirt, noVirsh, { uri: "qemu+unix:///system?socket=/nowhere/libvirt-sock-ro" });

  await expect(reading).rejects.toThrow(SourceAbsentError);
  await expect(reading).rejects.toThrow("no libvirt on this machine: there is no /nowhere/libvirt-sock-ro");
});

test("polkit's permission is asked for where it is wanted", async () => {
  bench.daemon.fault = "polkit";

  expect(await whole()).toEqual(["vm-1", "vm-2"]);
  expect(bench.daemon.calls.slice(0, 3)).toEqual([66, 70, 1]);
});

test("answers may come one byte at a time", async () => {
  bench.daemon.domains = bench.daemon.domains.slice(0, 1);
  bench.daemon.fault = "one byte at a time";

  expect(await whole()).toEqual(["vm-1"]);
});

test("the daemon's own question whether we live is answered", async () => {
  bench.daemon.fault = "keepalive";

  expect(await whole()).toEqual(["vm-1", "vm-2"]);
  expect(bench.daemon.pongs).toBeGreaterThan(0);
});

test("a machine that ends before it was described has no NICs", async () => {
  bench.daemon.fault = "no descriptions";

  const read = await bench.read();

  expect(read.notes).toEqual([]);
  expect(Object.keys(valuesOf(read, "vm_info", "vm"))).toEqual(["vm-1", "vm-2"]);
  expect(valuesOf(read, "vm_nic_info", "mac")).toEqual({});
});

test("a description that cannot be read is noted and hides no other", async () => {
  const [one, two] = bench.daemon.domains;
  if (!one || !two) throw new Error("two machines expected");
  bench.daemon.domains = [{ ...one, xml: "<domain><name>" }, two];

  const read = await bench.read();

  expect(read.notes).toEqual(["description of vm-1, line 1: unclosed tag: name"]);
  expect(Object.keys(valuesOf(read, "vm_nic_tap", "vm"))).toEqual(["vm-2"]);
  expect(Object.keys(valuesOf(read, "vcpu_ready_seconds_total", "vm"))).toEqual(["vm-1", "vm-2"]);
});

test("many problems are told by some of them", async () => {
  bench.daemon.domains = Array.from({ length: 9 }, (_, i) => ({ ...createDomain(i), xml: "nothing" }));

  const { notes } = await bench.read();

  expect(notes).toHaveLength(4);
  expect(notes.at(-1)).toBe("and 6 more");
});
