import { parseDatapaths, parseDropEvents } from "../../../src/collectors/ovs/datapath.ts";
import { ParseError } from "../../../src/kernel/host.ts";

test("every datapath has its lookups, in the words of old and new versions", () => {
  const text = `system@ovs-system:
  lookups: hit:15 missed:3 lost:7
  flows: 2
  masks: hit:18 total:2 hit/pkt:1.00
  cache: hit:12 hit-rate:66.67%
  caches:
    masks-cache: size:256
  port 0: ovs-system (internal)
  port 1: tap0
netdev@ovs-netdev:
  lookups: hit:1002 missed:40 lost:0
  flows: 0
  port 0: ovs-netdev (tap)
  port 1: vx0 (vxlan: packet_type=ptap)
`;

  expect(parseDatapaths(text)).toEqual([
    { datapath: "system@ovs-system", lost: 7 },
    { datapath: "netdev@ovs-netdev", lost: 0 },
  ]);
});

test("no datapath is no lookups", () => {
  expect(parseDatapaths("")).toEqual([]);
});

test.each([["system@a:\n  lookups: hit:1 missed:2\n"], ["  lookups: hit:1 missed:2 lost:0\n"]])(
  "%j is told with what was found",
  (text) => {
    expect(() => parseDatapaths(text)).toThrow(ParseError);
    expect(() => parseDatapaths(text)).toThrow(/expected a datapath's lookups with lost:NUMBER, found "lookups: hit:1/);
  },
);

test("of all events those are read that drop packets", () => {
  const text = `Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=91e4a7be:
bridge_reconfigure         0.0/sec     0.000/sec        0.0036/sec   total: 13
datapath_drop_upcall_error 1.2/sec     0.000/sec        0.0000/sec   total: 12
drop_action_of_pipeline    0.0/sec     0.017/sec        0.0003/sec   total: 9007199254740993
dropped_by_nobody_known    0.0/sec     0.017/sec        0.0003/sec   total: x
101 events never hit
`;

  expect(parseDropEvents(text)).toEqual([
    { cause: "datapath_drop_upcall_error", packets: 12 },
    { cause: "drop_action_of_pipeline", packets: 9007199254740992 },
  ]);
  expect(parseDropEvents("")).toEqual([]);
});
