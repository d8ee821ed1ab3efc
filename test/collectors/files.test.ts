import { countOnlineCpus, listNodes, readNumber } from "../../src/collectors/files.ts";
import { type Host, SourceAbsentError } from "../../src/kernel/host.ts";
import { createFixtureHost } from "../support/fixture-host.ts";

function hostWith(host: Partial<Host>): Host {
  return { ...createFixtureHost("linux-6.18-virtio"), ...host };
}

test.each(["", "-1", "1e3", "0x10", "many"])("%j is no number of sysfs", async (text) => {
  const host = hostWith({ readText: async () => `${text}\n` });

  await expect(readNumber(host, "/proc/x")).rejects.toThrow(`/proc/x: expected a number, got "${text}"`);
});

test("a number is read without its line's end", async () => {
  expect(await readNumber(hostWith({ readText: async () => "262144\n" }), "/proc/x")).toBe(262_144);
});

test("CPUs that are online are counted", async () => {
  expect(await countOnlineCpus(hostWith({ readText: async () => "0-3,8\n" }))).toBe(5);
});

test.each([
  [
    ["node0", "node1", "online", "possible"],
    ["0", "1"],
  ],
  [["node0", "online"], []],
  [[], []],
])("among %j the nodes are %j", async (names, nodes) => {
  const known = await listNodes(hostWith({ list: async () => names }));

  expect([...known.keys()]).toEqual(nodes);
  expect(known.get("1")).toBe(nodes.includes("1") ? "/sys/devices/system/node/node1" : undefined);
});

test("a kernel that lists no nodes has one", async () => {
  const list = () => Promise.reject(new SourceAbsentError("ENOENT"));

  expect((await listNodes(hostWith({ list }))).size).toBe(0);
});
