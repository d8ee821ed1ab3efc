import { readFileSync } from "node:fs";
import { libvirt } from "../../../src/collectors/libvirt/index.ts";
import { collectOnce } from "../../support/collecting.ts";
import { silentHost, startBench, valuesOf } from "./reading-fake.ts";

const captured = (name: string) => readFileSync(`test/fixtures/libvirt-9.0/${name}`, "utf8");

/** What virsh printed, by its arguments; it is asked because the daemon speaks another protocol. */
async function readThroughVirsh(answers: Readonly<Record<string, string | Error>>) {
  const bench = await startBench(0);
  bench.daemon.fault = "another version";
  const uri = `qemu+unix:///system?socket=${bench.path}`;
  const asked: string[] = [];
  const host = {
    ...silentHost,
    run: async (program: string, args: readonly string[]) => {
      const question = args.slice(3).join(" ");
      asked.push([program, ...args.slice(0, 3)].join(" "));
      const answer = answers[question] ?? new Error(`unexpected: ${question}`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  try {
    return { read: await collectOnce(libvirt, host, { uri }), asked, uri };
  } finally {
    await bench.stop();
  }
}

const DOMSTATS = "domstats --raw --nowait --list-active --state --balloon --vcpu --interface";

test("where the protocol cannot be spoken, virsh is asked, and said so", async () => {
  const { read, asked, uri } = await readThroughVirsh({
    [DOMSTATS]: captured("domstats.txt"),
    "dumpxml --domain=web <1>": captured("web.xml"),
    "dumpxml --domain=db": captured("db.xml"),
  });

  expect(new Set(asked)).toEqual(new Set([`virsh --readonly --connect ${uri}`]));
  expect(read.notes).toEqual([
    "libvirt does not speak version 1 of its protocol: Cannot find program 536903814 version 1; virsh is asked instead",
  ]);
  expect(valuesOf(read, "vm_info", "vm", "vm_uuid")).toEqual({
    "db a1b2c3d4-0002-4000-8000-00000000abcd": 1,
    "web <1> a1b2c3d4-0001-4000-8000-00000000abcd": 1,
  });
  expect(valuesOf(read, "vm_paused", "vm")).toEqual({ db: 1, "web <1>": 0 });
  expect(valuesOf(read, "vm_nic_packets_total", "mac", "direction")).toMatchObject({
    "52:54:00:77:00:05 to_guest": 23,
    "52:54:00:77:00:05 from_guest": 10,
  });
});

test("a machine that virsh cannot name has no series, because its UUID is unknown", async () => {
  const { read } = await readThroughVirsh({
    [DOMSTATS]: captured("domstats.txt"),
    // A machine called 3 would be taken for the one with the id 3.
    "dumpxml --domain=web <1>": captured("web.xml").replace("web &lt;1&gt;", "another"),
    "dumpxml --domain=db": new Error("virsh dumpxml: error: failed to get domain 'db'"),
  });

  expect(read.notes).toHaveLength(1);
  expect(valuesOf(read, "vm_info", "vm")).toEqual({});
  expect(valuesOf(read, "libvirt_domains", "state")).toMatchObject({ running: 1, paused: 1 });
});

test("virsh that fails is a failure", async () => {
  await expect(
    readThroughVirsh({ [DOMSTATS]: new Error("virsh domstats: error: failed to connect to the hypervisor") }),
  ).rejects.toThrow("failed to connect to the hypervisor");
});
