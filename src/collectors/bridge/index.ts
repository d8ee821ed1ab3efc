import { SourceAbsentError } from "../../kernel/host.ts";
import { type Link, linksRequest, parseLinks } from "../../kernel/netlink/link.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { bridgeMetrics as m } from "./metrics.ts";
import { type Bridge, bridgesOf, portState, portStates, stpMode, vlanFilteringMode } from "./parse.ts";

function portCounts({ name, ports }: Bridge): Sample[] {
  const states = ports.map(portState);
  const known = [...portStates, ...(states.includes("unknown") ? (["unknown"] as const) : [])];
  return known.map((state) =>
    sample(m.ports, { bridge: name, state }, states.filter((other) => other === state).length),
  );
}

/** Ports with somebody at the other end whose frames the bridge throws away. A state that nobody tells is not held against it. */
function blockedPorts({ name, ports }: Bridge): Sample[] {
  return ports
    .filter((port) => port.up && port.carrier && !["forwarding", "unknown"].includes(portState(port)))
    .map((port) => sample(m.portBlocked, { bridge: name, device: port.name, state: portState(port) }, 1));
}

function traffic(bridge: string, { name: device, statistics }: Link): Sample[] {
  if (!statistics) return [];
  const { rxPackets, txPackets, rxDropped, txDropped } = statistics;
  const receive = { bridge, device, direction: "receive" };
  const transmit = { bridge, device, direction: "transmit" };
  return [
    sample(m.packets, receive, rxPackets),
    sample(m.packets, transmit, txPackets),
    sample(m.drops, receive, rxDropped),
    sample(m.drops, transmit, txDropped),
  ];
}

function samplesOf(bridge: Bridge): Sample[] {
  const { name, settings, link, ports } = bridge;
  const noTaps = ports.filter(({ kind }) => kind !== "tun");
  return [
    sample(m.info, { bridge: name, vlan_filtering: vlanFilteringMode(settings), stp: stpMode(settings) }, 1),
    ...portCounts(bridge),
    ...blockedPorts(bridge),
    ...[link, ...noTaps].flatMap((one) => traffic(name, one)),
  ];
}

export const bridge = defineCollector({
  name: "bridge",
  metrics: m,
  async collect(host, _options, signal) {
    const bridges = bridgesOf(parseLinks(await host.netlink(linksRequest(), signal)).values());
    if (bridges.length === 0) throw new SourceAbsentError("this machine has no Linux bridge");
    return bridges.flatMap(samplesOf);
  },
});
