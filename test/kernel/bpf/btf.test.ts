import fc from "fast-check";
import { parseBtf } from "../../../src/kernel/bpf/btf.ts";
import { ParseError } from "../../../src/kernel/host.ts";
import { btfFile, type TypeRecord } from "../../support/btf-file.ts";

const INT = 1;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPEDEF = 8;
const CONST = 10;
const FUNC = 12;
const FUNC_PROTO = 13;
const ENUM64 = 19;

/** Types are known by their place, from 1. */
const types: readonly TypeRecord[] = [
  { kind: INT, name: "int", value: 4, words: [32] },
  { kind: UNION, value: 8, count: 2, words: ["dev", 1, 0, "dev_scratch", 1, 0] },
  { kind: CONST, value: 2 },
  { kind: STRUCT, name: "sk_buff", value: 32, count: 3, words: ["next", 1, 0, "", 3, 128, "len", 1, 192] },
  { kind: STRUCT, name: "flags", value: 4, widths: true, count: 1, words: ["a", 1, (3 << 24) | 8] },
  { kind: ENUM, name: "skb_drop_reason", value: 4, count: 2, words: ["SKB_NOT_DROPPED_YET", 0, "NO_SOCKET", 3] },
  { kind: FUNC_PROTO, count: 4, words: ["__data", 1, "skb", 4, "location", 1, "reason", 6] },
  { kind: FUNC, name: "__bpf_trace_kfree_skb", value: 7 },
  { kind: TYPEDEF, name: "btf_trace_kfree_skb", value: 1 },
  { kind: ENUM64, name: "wide", value: 8, count: 1, words: ["WIDE", 5, 0] },
  { kind: STRUCT, name: "loop", value: 8, count: 2, words: ["", 11, 0, "", 11, 64] },
];
const file = btfFile(types);

test("a tracepoint has the arguments of its function, but for the one that is not ours, and its type", () => {
  expect(parseBtf(file, "vmlinux").tracepoint("kfree_skb")).toEqual({
    typeId: 9,
    arguments: ["skb", "location", "reason"],
  });
});

test("a member's offset is in bytes, through nameless unions and qualifiers, without a bit field's width", () => {
  const { offsetOf } = parseBtf(file, "vmlinux");

  expect(offsetOf("sk_buff", "next")).toBe(0);
  expect(offsetOf("sk_buff", "dev_scratch")).toBe(16);
  expect(offsetOf("sk_buff", "len")).toBe(24);
  expect(offsetOf("flags", "a")).toBe(1);
});

test("an enum gives its names, of 32 or 64 bits", () => {
  const { enumeration } = parseBtf(file, "vmlinux");

  expect([...(enumeration("skb_drop_reason") ?? [])]).toEqual([
    [0, "SKB_NOT_DROPPED_YET"],
    [3, "NO_SOCKET"],
  ]);
  expect([...(enumeration("wide") ?? [])]).toEqual([[5, "WIDE"]]);
});

test("what the kernel does not know is undefined, and no end is waited for in a struct that holds itself", () => {
  const { tracepoint, offsetOf, enumeration } = parseBtf(file, "vmlinux");

  expect(tracepoint("napi_poll")).toBeUndefined();
  expect(offsetOf("sk_buff", "tail")).toBeUndefined();
  expect(offsetOf("net_device", "name")).toBeUndefined();
  expect(offsetOf("loop", "x")).toBeUndefined();
  expect(enumeration("sk_buff")).toBeUndefined();
});

test("a module's strings begin behind the kernel's", () => {
  const { stringBytes } = parseBtf(file, "vmlinux");
  const module = btfFile(
    [{ kind: ENUM, name: "ovs_drop_reason", count: 1, words: ["OVS_DROP_METER", 131077] }],
    stringBytes,
  );

  expect([...(parseBtf(module, "openvswitch", stringBytes).enumeration("ovs_drop_reason") ?? [])]).toEqual([
    [131077, "OVS_DROP_METER"],
  ]);
});

test.each([
  ["an empty file", new Uint8Array(0), "expected BTF with the magic 0xeb9f, found 0 bytes of something else"],
  ["another file", new TextEncoder().encode("ELF, or something else that is long enough"), "magic"],
  ["a file cut in its header", file.slice(0, 20), "magic"],
  ["a file cut in its strings", file.slice(0, -1), "found them beyond"],
])("%s is refused with its place", (_, bytes, message) => {
  expect(() => parseBtf(bytes, "/sys/kernel/btf/vmlinux")).toThrow(ParseError);
  expect(() => parseBtf(bytes, "/sys/kernel/btf/vmlinux")).toThrow(message);
});

test("types that do not end where they should are refused when they are looked for", () => {
  const cut = btfFile([...types.slice(0, 3), { kind: STRUCT, name: "x", count: 9, words: ["a", 1, 0] }]);

  expect(() => parseBtf(cut, "vmlinux").offsetOf("x", "a")).toThrow("expected the last type to end at word");
});

test("no byte that is changed makes it hang or fail in another way", () => {
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
      const changed = Uint8Array.from(file);
      changed[at] = byte;
      try {
        const { tracepoint, offsetOf, enumeration } = parseBtf(changed, "vmlinux");
        tracepoint("kfree_skb");
        offsetOf("loop", "x");
        enumeration("skb_drop_reason");
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
    { numRuns: 2000 },
  );
});
