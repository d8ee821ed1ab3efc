import { parseDropEvents, parseLostUpcalls, parseReceived } from "../../../src/collectors/ovs/datapath.ts";
import { ParseError } from "../../../src/kernel/host.ts";

test("lost upcalls are read from the datapath's lookups, whatever else is told of it", () => {
  const kernel = `system@ovs-system:
  lookups: hit:15 missed:3 lost:7
  flows: 2
  masks: hit:18 total:2 hit/pkt:1.00
  cache: hit:12 hit-rate:66.67%
  caches:
    masks-cache: size:256
  port 0: ovs-system (internal)
  port 1: tap0
  port 2: lost (internal)
`;

  expect(parseLostUpcalls(kernel)).toBe(7);
  expect(parseLostUpcalls("netdev@ovs-netdev:\n\tlookups: hit:1002 missed:40 lost:0\n")).toBe(0);
  expect(parseLostUpcalls("")).toBeUndefined();
});

test("lookups that do not tell the lost ones are an error that says what was found", () => {
  const text = "system@a:\n  lookups: hit:1 missed:2\n";

  expect(() => parseLostUpcalls(text)).toThrow(ParseError);
  expect(() => parseLostUpcalls(text)).toThrow(
    'dpctl/show: expected lookups with lost:NUMBER, found "lookups: hit:1 missed:2"',
  );
});

test("what the threads of a datapath received is added up", () => {
  const text = `pmd thread numa_id 0 core_id 1:
  packets received: 1000
  packet recirculations: 400
  miss with failed upcall: 3
pmd thread numa_id 1 core_id 9:
  packets received: 24
main thread:
  packets received: 0
  packet recirculations: 0
`;

  expect(parseReceived(text)).toBe(1024);
  expect(parseReceived("main thread:\n  emc hits: 7\n")).toBeUndefined();
});

test("of all events those are read that drop packets", () => {
  const text = `Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=91e4a7be:
bridge_reconfigure         0.0/sec     0.000/sec        0.0036/sec   total: 13
datapath_drop_upcall_error 1.2/sec     0.000/sec        0.0000/sec   total: 12
drop_action_of_pipeline    0.0/sec     0.017/sec        0.0003/sec   total: 9007199254740993
drop_of_nobody             0.0/sec     0.017/sec        0.0003/sec   total: x
101 events never hit
`;

  expect(parseDropEvents(text)).toEqual([
    { cause: "datapath_drop_upcall_error", packets: 12 },
    { cause: "drop_action_of_pipeline", packets: 9007199254740992 },
  ]);
  expect(parseDropEvents("")).toEqual([]);
});
