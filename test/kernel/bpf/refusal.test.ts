import { refusal } from "../../../src/kernel/bpf/refusal.ts";
import { NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";

const status = (capEff: string) =>
  `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${capEff}\nCapBnd:\t000001ffffffffff\n`;

test.each([
  ["none", "0000000000000000", "this process lacks CAP_BPF and CAP_PERFMON"],
  ["CAP_BPF", "0000008000000000", "this process lacks CAP_PERFMON"],
  ["CAP_PERFMON", "0000004000000000", "this process lacks CAP_BPF"],
  ["both", "000000c000000000", "the capabilities are there"],
  ["CAP_SYS_ADMIN, which stands for both", "0000000000200000", "the capabilities are there"],
])("with the capabilities: %s, a refusal says what is missing", (_, capEff, words) => {
  const error = refusal("a BPF map", "EPERM", status(capEff));

  expect(error).toBeInstanceOf(NotPermittedError);
  expect(error.message).toContain(words);
  expect(error.message).toContain("a BPF map: EPERM");
});

test("what the kernel does not have is absent, anything else a failure with its name", () => {
  expect(refusal("a BPF map", "ENOSYS", "")).toBeInstanceOf(SourceAbsentError);
  expect(refusal("the tracepoint napi_poll", "ENOENT", "")).toBeInstanceOf(SourceAbsentError);
  const other = refusal("a BPF map", "ENOMEM", "");
  expect(other).not.toBeInstanceOf(SourceAbsentError);
  expect(other.message).toBe("a BPF map: ENOMEM");
});
