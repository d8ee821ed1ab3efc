import type { CollectorReport } from "../../src/collectors/report.ts";
import { createFirstToTell } from "../../src/collectors/shared-machines.ts";
import { type AnySample, gauge, sample } from "../../src/metrics/define.ts";
import { limitMetrics, vmMetrics } from "../../src/vm/metrics.ts";

function report(name: string, samples: readonly AnySample[]): CollectorReport {
  return { name, state: "ok", samples, detail: "", durationSeconds: 0, lastSuccessSeconds: 1 };
}

const firstToTell = createFirstToTell();
const vcpus = (vm: string, uuid: string, count: number) => sample(vmMetrics.vcpus, { vm, vm_uuid: uuid }, count);
const paused = (vm: string, uuid: string) => sample(vmMetrics.paused, { vm, vm_uuid: uuid }, 0);
const values = (reports: readonly CollectorReport[]) =>
  reports.map(({ samples }) => samples.map((s) => ("value" in s ? s.value : Number.NaN)));

test("of a machine that two know, each metric comes from the first that tells it", () => {
  const reports = [
    report("libvirt", [vcpus("db", "u1", 2)]),
    report("qemu", [vcpus("db", "u1", 9), paused("db", "u1")]),
  ];

  expect(values(firstToTell(reports))).toEqual([[2], [0]]);
});

test("a machine is the same under another name, and without a UUID by its name", () => {
  const reports = [
    report("libvirt", [vcpus("db", "u1", 2), vcpus("web", "", 4)]),
    report("qemu", [vcpus("guest-db", "u1", 9), vcpus("web", "", 9), vcpus("mail", "", 1)]),
  ];

  expect(values(firstToTell(reports))).toEqual([[2, 4], [1]]);
});

test("two machines with one UUID stay two, where one source tells of both", () => {
  const reports = [report("libvirt", [vcpus("db", "u1", 2), vcpus("clone", "u1", 2)])];

  expect(firstToTell(reports)).toEqual(reports);
});

test("limits of one machine that are read at different places stay apart", () => {
  const limit = (source: string) =>
    sample(
      limitMetrics.bytes,
      {
        source,
        network: "",
        switch: "",
        direction: "to_guest",
        vm: "db",
        vm_uuid: "u1",
        mac: "",
        device: "",
        traffic: "",
      },
      1000,
    );
  const reports = [report("libvirt", [limit("libvirt")]), report("ovs", [limit("ovs")])];

  expect(firstToTell(reports)).toEqual(reports);
});

test("the number of the host's CPUs is told once", () => {
  const cpus = (count: number) => sample(vmMetrics.hostCpus, { host: "h" }, count);

  expect(values(firstToTell([report("libvirt", [cpus(8)]), report("qemu", [cpus(9)])]))).toEqual([[8], []]);
});

test("metrics of a collector's own are never touched", () => {
  const own = gauge("virtloss_own", "One.", ["vm_uuid"]);
  const reports = [report("a", [sample(own, { vm_uuid: "u1" }, 1)]), report("b", [sample(own, { vm_uuid: "u1" }, 1)])];

  expect(firstToTell(reports)).toEqual(reports);
});

test("as long as no source is read again, the same samples are kept", () => {
  const reports = [
    report("libvirt", [vcpus("db", "u1", 2)]),
    report("qemu", [vcpus("db", "u1", 9), paused("db", "u1")]),
  ];
  const told = createFirstToTell();

  const [, first] = told(reports);
  const [, again] = told(reports.map((each) => ({ ...each })));
  const [, changed] = told([report("libvirt", []), ...reports.slice(1)]);

  expect(again?.samples).toBe(first?.samples);
  expect(changed?.samples).toHaveLength(2);
});
