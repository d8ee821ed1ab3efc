import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NotPermittedError, SourceAbsentError } from "../../src/kernel/host.ts";
import { createLinuxHost } from "../../src/kernel/linux.ts";
import { askSystem, machineFacts } from "../../src/kernel/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "virtloss-linux-"));
afterAll(() => rmSync(folder, { recursive: true }));

const host = createLinuxHost();

test("files of /proc, whose size reads 0, are read to the end", async () => {
  const text = await host.readText("/proc/stat");

  expect(text).toMatch(/^cpu {2}\d/);
  expect(text.endsWith("\n")).toBe(true);
  expect(text).toContain("\nsoftirq ");
});

test("a file larger than the cap is an error that names both, not a memory problem", async () => {
  const path = join(folder, "large");
  writeFileSync(path, "x".repeat(200_001));
  const capped = createLinuxHost({ maxFileBytes: 200_000 });

  await expect(capped.readText(path)).rejects.toThrow(`${path}: expected at most 200000 bytes, found more`);
  await expect(host.readText(path)).resolves.toHaveLength(200_001);
});

test("small files are read at once, with the same errors; a larger one is refused", () => {
  const [small, large] = [join(folder, "small"), join(folder, "page-by-page")];
  writeFileSync(small, "CPU 0/KVM\n");
  writeFileSync(large, "x".repeat(16_384));

  expect(host.readNow("/proc/self/schedstat")).toMatch(/^\d+ \d+ \d+\n$/);
  expect(host.readNow(small)).toBe("CPU 0/KVM\n");
  expect(() => host.readNow(large)).toThrow(`${large}: expected less than 16384 bytes, found more`);
  expect(() => host.readNow(join(folder, "missing"))).toThrow(SourceAbsentError);
});

test("a missing file, folder or link is absent", async () => {
  const missing = join(folder, "missing");

  await expect(host.readText(missing)).rejects.toThrow(new SourceAbsentError(`${missing}: ENOENT`));
  await expect(host.list(missing)).rejects.toThrow(SourceAbsentError);
  await expect(host.readLink(missing)).rejects.toThrow(SourceAbsentError);
  await expect(host.readLink("/proc/stat")).rejects.toThrow(SourceAbsentError);
});

test("folders are listed sorted, links are not followed", async () => {
  const names = await host.list("/sys/class/net");

  expect(names).toContain("lo");
  expect(names).toEqual([...names].sort());
  await expect(host.readLink("/sys/class/net/lo")).resolves.toMatch(/virtual\/net\/lo$/);
});

test("facts about the machine arrive in the background and delay nothing", async () => {
  const fresh = createLinuxHost();

  expect(fresh.machine()).toBeUndefined();
  while (fresh.machine() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fresh.machine()).toEqual({ virtual: expect.any(Boolean), hypervisor: expect.any(String) });
});

test("a machine that does not answer in time stays unknown", async () => {
  await expect(askSystem(0)).resolves.toBeUndefined();
});

const system = { manufacturer: "", model: "Computer", virtual: false };

test.each([
  [{ ...system, virtual: true, virtualHost: "KVM" }, "", { virtual: true, hypervisor: "kvm" }],
  [{ ...system, virtual: true, virtualHost: "QEMU" }, "", { virtual: true, hypervisor: "kvm" }],
  [{ ...system, virtual: true, virtualHost: "VMware" }, "", { virtual: true, hypervisor: "vmware" }],
  [{ ...system, virtual: true, virtualHost: "VirtualBox" }, "", { virtual: true, hypervisor: "virtualbox" }],
  [
    { ...system, manufacturer: "Microsoft Corporation", model: "Virtual Machine", virtual: true },
    "",
    { virtual: true, hypervisor: "hyperv" },
  ],
  [
    { ...system, manufacturer: "Amazon EC2", model: "m7i.large" },
    "flags\t\t: fpu hypervisor lahf_lm\n",
    { virtual: true, hypervisor: "kvm" },
  ],
  [
    { ...system, manufacturer: "Amazon EC2", model: "m7i.metal" },
    "flags\t\t: fpu vme\n",
    { virtual: false, hypervisor: "" },
  ],
  [{ ...system, manufacturer: "Dell Inc." }, "model name : hypervisor\n", { virtual: false, hypervisor: "" }],
])("%j with cpuinfo %j is %j", (report, cpuinfo, facts) => {
  expect(machineFacts(report, cpuinfo)).toEqual(facts);
});

test("a file closed to this user is not permitted, and the error says what is needed", async () => {
  const path = join(folder, "closed");
  writeFileSync(path, "x", { mode: 0o000 });
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    await expect(host.readText(path)).rejects.toThrow(
      new NotPermittedError(`${path}: EACCES: the kernel refused; run as root or grant read access`),
    );
  } finally {
    if (root) process.seteuid?.(0);
  }
});
