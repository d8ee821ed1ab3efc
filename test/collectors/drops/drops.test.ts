import { drops } from "../../../src/collectors/drops/index.ts";
import { knownReasons, layerOf, layers } from "../../../src/collectors/drops/layers.ts";
import { functionsAt, parseDropEvent } from "../../../src/collectors/drops/parse.ts";
import { namesFromTypes, ovsNames, reasonName, reasonOfSlot, SLOTS } from "../../../src/collectors/drops/reasons.ts";
import { parseBtf } from "../../../src/kernel/bpf/btf.ts";
import { type Host, NotPermittedError, ParseError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { btfFile } from "../../support/btf-file.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

const host = createFixtureHost("linux-6.18-virtio");
const path = "/sys/kernel/tracing/events/skb/kfree_skb/format";
const event = async () => parseDropEvent(await host.readText(path), path);

test("the kernel's description of the event gives its number and its reasons", async () => {
  const { id, names } = await event();

  expect(id).toBe(2310);
  expect(names.size).toBe(127);
  expect(names.get(12)).toBe("NETFILTER_DROP");
  expect(names.get(80)).toBe("FULL_RING");
});

test("an event of a kernel before 5.17 has no reasons", () => {
  const text =
    'name: kfree_skb\nID: 1312\nformat:\n\tfield:void * location;\toffset:16;\n\nprint fmt: "protocol=%u", { 1, "X" }\n';

  expect(parseDropEvent(text, path)).toEqual({ id: 1312, names: new Map() });
});

test.each(["", "name: kfree_skb\n"])("a description without a number is refused: %j", (text) => {
  expect(() => parseDropEvent(text, path)).toThrow(ParseError);
  expect(() => parseDropEvent(text, path)).toThrow(`${path}: expected a line such as "ID: 2310"`);
});

test("every reason of Linux 6.18 is in the table of layers, once, and a new one is `other`", async () => {
  const { names } = await event();
  const missing = [...names.values()].filter((name) => name !== "MAX" && !knownReasons.includes(name));

  expect(missing).toEqual([]);
  expect(knownReasons).toHaveLength(new Set(knownReasons).size);
  expect(layerOf("NETFILTER_DROP")).toBe("netfilter");
  expect(layerOf("OF_A_LATER_KERNEL")).toBe("other");
  expect(layers).toContain("other");
});

const symbols = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81001000 t tun_net_xmit
ffffffff81002000 d data_is_no_code
ffffffff81003000 T raw_rcv
ffffffffc0001000 t ovs_execute_actions\t[openvswitch]
ffffffffc0000000 t nf_tables_core\t[nf_tables]
`;

test.each([
  ["in the middle of a function", 0xffffffff81001f00n, "tun_net_xmit"],
  ["behind data that lies between", 0xffffffff81002f00n, "tun_net_xmit"],
  ["at the beginning of the next function", 0xffffffff81003000n, "tun_net_xmit"],
  ["in a module, which comes in any order", 0xffffffffc0000800n, "nf_tables_core"],
  ["in a module's last function", 0xffffffffc0001800n, "ovs_execute_actions"],
])("a return address %s belongs to the function before it", (_, address, name) => {
  expect(functionsAt([address], symbols)).toEqual(new Map([[address, name]]));
});

test.each([
  ["hidden addresses", symbols.replace(/^[0-9a-f]{16}/gm, "0".repeat(16))],
  ["an empty list", ""],
  ["something else", "no symbols\nat all"],
])("%s tell no function", (_, text) => {
  expect(functionsAt([0xffffffff81001f00n], text)).toEqual(new Map());
});

const types = parseBtf(
  btfFile([
    {
      kind: 6,
      name: "skb_drop_reason",
      count: 5,
      words: [
        ...["SKB_NOT_DROPPED_YET", 0, "SKB_CONSUMED", 1, "SKB_DROP_REASON_NOT_SPECIFIED", 2],
        ...["SKB_DROP_REASON_MAX", 3, "SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000],
      ],
    },
    {
      kind: 6,
      name: "skb_drop_reason_subsys",
      count: 3,
      words: [
        ...["SKB_DROP_REASON_SUBSYS_CORE", 0, "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 2],
        ...["SKB_DROP_REASON_SUBSYS_NUM", 3],
      ],
    },
    {
      kind: 6,
      name: "ovs_drop_reason",
      count: 3,
      words: ["__OVS_DROP_REASON", 0x20000, "OVS_DROP_METER", 0x20005, "OVS_DROP_MAX", 0x2000c],
    },
  ]),
  "vmlinux",
);

test("reasons are called as the kernel's types call them, and parts of the kernel without names by the part's", () => {
  const names = new Map([...namesFromTypes(types), ...ovsNames(types)]);

  expect(reasonName(2, names)).toBe("NOT_SPECIFIED");
  expect(reasonName(0x20005, names)).toBe("OVS_DROP_METER");
  expect(reasonName(0x20001, names)).toBe("OPENVSWITCH");
  expect(reasonName(200, names)).toBe("200");
  expect(reasonName(0x50001, names)).toBe("327681");
  for (const noDrop of [0, 1, 3]) expect(reasonName(noDrop, names)).toBeUndefined();
});

test("every place of the table of counters stands for a reason of its own", () => {
  const reasons = Array.from({ length: SLOTS }, (_, slot) => reasonOfSlot(slot));

  expect(new Set(reasons).size).toBe(SLOTS);
  expect(reasons[255]).toBe(255);
  expect(reasons[256]).toBe(0x10000);
  expect(reasons[256 + 64 + 5]).toBe(0x20005);
  expect(reasons.at(-1)).toBe(0x7003f);
});

/** A machine that gives neither kind of counting, for this reason. */
function refusing(error: Error): Host {
  const refuse = () => {
    throw error;
  };
  return { ...host, tracing: { openPrograms: refuse, openCounters: refuse, types: async () => types } };
}

test.each([
  ["does not permit it", new NotPermittedError("this process lacks CAP_BPF")],
  ["does not have it", new SourceAbsentError("this process lacks CAP_BPF, and the kernel too")],
])("where the kernel %s, the collector is absent and says why", async (_, error) => {
  const source = drops.open(refusing(error), { locations: false });

  const read = source.read(new AbortController().signal, () => undefined);

  await expect(read).rejects.toThrow(SourceAbsentError);
  await expect(read).rejects.toThrow("this process lacks CAP_BPF");
});

test("a fault of ours is no absence", async () => {
  const source = drops.open(refusing(new TypeError("x is not a function")), { locations: false });

  await expect(source.read(new AbortController().signal, () => undefined)).rejects.toThrow(TypeError);
});
