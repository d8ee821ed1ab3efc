import { chooseHosts, readsAllHosts } from "../../../src/collectors/vcenter/choice.ts";
import { createInventory } from "../../../src/collectors/vcenter/inventory.ts";

function inventoryOf(clusters: Readonly<Record<string, readonly string[]>>) {
  const inventory = createInventory();
  const enter = (kind: "HostSystem" | "ComputeResource", id: string, facts: object) =>
    inventory.apply({ kind, id, change: "entered", facts: { ...facts }, paths: [], missing: [] });
  for (const [cluster, hosts] of Object.entries(clusters)) {
    enter("ComputeResource", `c-${cluster}`, { name: cluster });
    for (const host of hosts) enter("HostSystem", host, { name: host, cluster: `c-${cluster}` });
  }
  return inventory;
}

const whole = { index: 0, count: 1 };
const hosts = Array.from({ length: 300 }, (_, i) => `esx${i}.example.org`);

test("without a choice all hosts are read", () => {
  expect(readsAllHosts({ clusters: [], shard: whole })).toBe(true);
  expect(readsAllHosts({ clusters: ["*"], shard: whole })).toBe(false);
  expect(readsAllHosts({ clusters: [], shard: { index: 0, count: 2 } })).toBe(false);
});

test("clusters are chosen by name, with * and ? and nothing else that is special", () => {
  const inventory = inventoryOf({ "prod-1": ["a"], "prod-22": ["b"], "test.1": ["c"], test01: ["d"] });
  const chosen = (...clusters: string[]) => [...chooseHosts({ clusters, shard: whole }, inventory)];

  expect(chosen("prod-*")).toEqual(["a", "b"]);
  expect(chosen("prod-?")).toEqual(["a"]);
  expect(chosen("test.1")).toEqual(["c"]);
  expect(chosen("prod-1", "test01")).toEqual(["a", "d"]);
  expect(chosen("absent")).toEqual([]);
});

test("every host is in one part, and the parts are about as large", () => {
  const inventory = inventoryOf({ one: hosts });
  const parts = [0, 1, 2].map((index) => [...chooseHosts({ clusters: [], shard: { index, count: 3 } }, inventory)]);

  expect(parts.flat().sort()).toEqual([...hosts].sort());
  for (const part of parts) expect(part.length).toBeGreaterThan(70);
});

test("a host stays in its part when others come or go", () => {
  const few = inventoryOf({ one: hosts.slice(0, 10) });
  const many = inventoryOf({ one: hosts });
  const shard = { index: 1, count: 3 };

  for (const host of chooseHosts({ clusters: [], shard }, few))
    expect(chooseHosts({ clusters: [], shard }, many).has(host)).toBe(true);
});
