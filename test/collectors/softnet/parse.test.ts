import { softnet } from "../../../src/collectors/softnet/index.ts";
import { parseSoftnetStat } from "../../../src/collectors/softnet/parse.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

test("a kernel of 15 columns gives every one, by the number of the CPU", () => {
  const text =
    "00000013 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 0000000a 0000000b 0000000c 00000005 00000007 00000006\n";

  expect(parseSoftnetStat(text)).toEqual([
    {
      cpu: "5",
      processed: 0x13,
      dropped: 2,
      squeezed: 3,
      receivedRps: 10,
      flowLimit: 11,
      backlog: 12,
      inputQueue: 7,
      processQueue: 6,
    },
  ]);
});

test("a kernel of 9 columns gives three counters, and the row stands for the CPU", () => {
  const row = "000000ff 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000";

  const rows = parseSoftnetStat(`${row}\n${row}\n`);

  expect(rows.map(({ cpu, processed }) => ({ cpu, processed }))).toEqual([
    { cpu: "0", processed: 255 },
    { cpu: "1", processed: 255 },
  ]);
  expect(rows[0]?.receivedRps).toBeUndefined();
  expect(rows[0]?.backlog).toBeUndefined();
});

test("a column that this kernel lacks is no series", async () => {
  const host = createFixtureHost("linux-6.1-qemu");

  const { samples } = await collectOnce(softnet, host, {});

  const names = new Set(samples.map((s) => s.metric.name));
  expect(names.has("virtloss_softnet_backlog_frames")).toBe(true);
  expect(names.has("virtloss_softnet_input_queue_frames")).toBe(false);
});

test.each([
  ["", 'softnet_stat row 0: expected at least 9 hex columns, got ""'],
  ["00000001 00000002\n", 'softnet_stat row 0: expected at least 9 hex columns, got "00000001 00000002"'],
  [
    "00000001 0 0 0 0 0 0 0 0\n00000001 0 0 0 0 zz 0 0 0\n",
    'softnet_stat row 1: expected at least 9 hex columns, got "00000001 0 0 0 0 zz 0 0 0"',
  ],
  [
    "000000001 0 0 0 0 0 0 0 0\n",
    'softnet_stat row 0: expected at least 9 hex columns, got "000000001 0 0 0 0 0 0 0 0"',
  ],
])("a file that reads %j is an error that names the row", (text, message) => {
  expect(() => parseSoftnetStat(text)).toThrow(message);
});
