import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { transportMetrics as m } from "./metrics.ts";
import { type ProtocolCounters, parseProtocolCounters, parseSnmp6 } from "./parse.ts";

/** The kernel's name of each cause, without its protocol: `RcvbufErrors` of `Udp:`, `Udp6RcvbufErrors` of snmp6. */
const udpCauses = {
  receive_buffer: "RcvbufErrors",
  send_buffer: "SndbufErrors",
  memory: "MemErrors",
  checksum: "InCsumErrors",
} as const;

/** A file that this kernel lacks: no IPv6, or no TCP extensions. */
async function readIfThere(host: Host, path: string): Promise<string> {
  try {
    return await host.readText(path);
  } catch (error) {
    if (error instanceof SourceAbsentError) return "";
    throw error;
  }
}

function tcpSamples(snmp: ProtocolCounters, netstat: ProtocolCounters): Sample[] {
  const tcp = snmp.get("Tcp");
  const extensions = netstat.get("TcpExt");
  const values = [
    [m.segments, tcp?.get("OutSegs")],
    [m.retransmitted, tcp?.get("RetransSegs")],
    [m.timeouts, extensions?.get("TCPTimeouts")],
    [m.lostRetransmits, extensions?.get("TCPLostRetransmit")],
  ] as const;
  return values.flatMap(([metric, value]) => (value === undefined ? [] : [sample(metric, {}, value)]));
}

function udpSamples(snmp: ProtocolCounters, snmp6: ReadonlyMap<string, number>): Sample[] {
  return Object.entries(udpCauses).flatMap(([cause, name]) => {
    const ipv4 = snmp.get("Udp")?.get(name);
    const ipv6 = snmp6.get(`Udp6${name}`);
    if (ipv4 === undefined && ipv6 === undefined) return [];
    return [sample(m.udpDrops, { cause }, (ipv4 ?? 0) + (ipv6 ?? 0))];
  });
}

export const transport = defineCollector({
  name: "transport",
  metrics: m,
  async collect(host) {
    const [snmpText, netstatText, snmp6Text] = await Promise.all([
      host.readText("/proc/net/snmp"),
      readIfThere(host, "/proc/net/netstat"),
      readIfThere(host, "/proc/net/snmp6"),
    ]);
    const snmp = parseProtocolCounters("/proc/net/snmp", snmpText);
    const netstat = parseProtocolCounters("/proc/net/netstat", netstatText);
    return [...tcpSamples(snmp, netstat), ...udpSamples(snmp, parseSnmp6(snmp6Text))];
  },
});
