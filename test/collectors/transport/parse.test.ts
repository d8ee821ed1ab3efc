import { transport } from "../../../src/collectors/transport/index.ts";
import { parseProtocolCounters, parseSnmp6 } from "../../../src/collectors/transport/parse.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

async function collect(host: Host) {
  const { samples } = await collectOnce(transport, host, {});
  return samples;
}

function hostOf(files: Readonly<Record<string, string>>): Host {
  return {
    ...createFixtureHost("linux-6.18-virtio"),
    async readText(path) {
      const text = files[path];
      if (text === undefined) throw new SourceAbsentError(path);
      return text;
    },
  };
}

const snmp =
  "Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs\nTcp: 1 -1 1000 12\nUdp: InDatagrams RcvbufErrors SndbufErrors InCsumErrors MemErrors\nUdp: 9 3 2 1 0\n";

test("values belong to the names above them, negative ones included", () => {
  const counters = parseProtocolCounters("/proc/net/snmp", snmp);

  expect(Object.fromEntries(counters.get("Tcp") ?? [])).toEqual({
    RtoAlgorithm: 1,
    MaxConn: -1,
    OutSegs: 1000,
    RetransSegs: 12,
  });
});

test("UDP drops of IPv4 and IPv6 are one series a cause", async () => {
  const samples = await collect(
    hostOf({
      "/proc/net/snmp": snmp,
      "/proc/net/netstat": "TcpExt: TCPTimeouts TCPLostRetransmit\nTcpExt: 5 4\n",
      "/proc/net/snmp6": "Udp6RcvbufErrors\t40\nUdp6InCsumErrors 2\n",
    }),
  );

  expect(samples.map((s) => [s.metric.name, s.labels, "value" in s && s.value])).toEqual([
    ["virtloss_transport_segments_total", {}, 1000],
    ["virtloss_transport_retransmitted_segments_total", {}, 12],
    ["virtloss_transport_timeouts_total", {}, 5],
    ["virtloss_transport_lost_retransmits_total", {}, 4],
    ["virtloss_transport_udp_drops_total", { cause: "receive_buffer" }, 43],
    ["virtloss_transport_udp_drops_total", { cause: "send_buffer" }, 2],
    ["virtloss_transport_udp_drops_total", { cause: "memory" }, 0],
    ["virtloss_transport_udp_drops_total", { cause: "checksum" }, 3],
  ]);
});

test("a kernel without IPv6 or TCP extensions gives what it has", async () => {
  const samples = await collect(hostOf({ "/proc/net/snmp": snmp }));

  expect(samples.map((s) => s.metric.name)).not.toContain("virtloss_transport_timeouts_total");
  expect(samples).toHaveLength(6);
});

test.each([
  ["Tcp: A B\n", '/proc/net/snmp row 0: expected a line of names and a line of as many values, got "Tcp: A B" and ""'],
  ["Tcp: A B\nTcp: 1\n", 'as many values, got "Tcp: A B" and "Tcp: 1"'],
  ["Tcp: A\nUdp: 1\n", 'as many values, got "Tcp: A" and "Udp: 1"'],
  ["Tcp A\nTcp 1\n", 'as many values, got "Tcp A" and "Tcp 1"'],
  ["Tcp: A B\nTcp: 1 x\n", '/proc/net/snmp row 1: expected a number for B, got "x"'],
])("counters that read %j are an error that names file and row", (text, message) => {
  expect(() => parseProtocolCounters("/proc/net/snmp", text)).toThrow(message);
});

test("an empty file has no protocols", () => {
  expect(parseProtocolCounters("/proc/net/netstat", "").size).toBe(0);
});

test.each(["Udp6RcvbufErrors", "Udp6RcvbufErrors x", "Udp6RcvbufErrors -4"])(
  "snmp6 with the row %j is an error",
  (row) => {
    expect(() => parseSnmp6(`Ip6InReceives 4\n${row}\n`)).toThrow(
      `/proc/net/snmp6 row 1: expected a name and a number, got "${row}"`,
    );
  },
);
