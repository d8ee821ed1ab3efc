import { type AnySample, sample } from "../../metrics/define.ts";
import { limitSamples } from "../../vm/samples.ts";
import type { Datapath } from "./daemon.ts";
import { type PortDrops, portDrops } from "./drops.ts";
import { portLimits } from "./limits.ts";
import { ovsMetrics as m } from "./metrics.ts";
import type { OvsInterface } from "./parse.ts";

/** Keys under which libvirt, OpenStack and XenServer name the machine. */
const vmUuidKeys = ["vm-id", "vm-uuid", "xs-vm-uuid"];

/** The guest's MAC, which whoever plugged the port in wrote down; the interface's own is another one. */
function guestMac({ externalIds }: OvsInterface): string {
  return (externalIds.get("attached-mac") ?? "").toLowerCase();
}

/**
 * Is what hangs on this port a virtual machine or a container? A MAC was attached to it, or it is a vhost-user socket, or a tap
 * device (driver tun). An internal port is the host's own, even where a cloud gave it a MAC.
 */
function isGuestPort(one: OvsInterface): boolean {
  if (one.type === "internal") return false;
  const isTap = one.type === "system" && one.driver === "tun";
  return guestMac(one) !== "" || one.type.startsWith("dpdkvhostuser") || isTap;
}

interface PortLabels {
  readonly bridge: string;
  readonly device: string;
  readonly mac: string;
}

function counterSamples(
  one: OvsInterface,
  port: PortLabels,
  named: Record<PortDrops["direction"], string>,
): AnySample[] {
  const { statistics, up, type } = one;
  const packets = { receive: statistics.get("rx_packets"), transmit: statistics.get("tx_packets") };
  // A bridge's own interface is down on most hosts: nothing is lost by it, and what is flooded to it is nobody's packet.
  const isIdle = type === "internal" && up !== true;
  return [
    ...(up === undefined || type === "internal" ? [] : [sample(m.portUp, port, Number(up))]),
    ...(["receive", "transmit"] as const).flatMap((direction) => {
      const count = packets[direction];
      return count === undefined ? [] : sample(m.packets, { ...port, direction: named[direction] }, count);
    }),
    ...(isIdle ? [] : portDrops(statistics)).map((drops) =>
      sample(m.drops, { ...port, direction: named[drops.direction], cause: drops.cause }, drops.packets),
    ),
  ];
}

/** Everything that is known of one interface. @param countersMove false where nobody brings the statistics up to date */
export function interfaceSamples(one: OvsInterface, countersMove: boolean): AnySample[] {
  const isGuest = isGuestPort(one);
  const directions = isGuest
    ? { receive: "from_guest", transmit: "to_guest" }
    : { receive: "receive", transmit: "transmit" };
  const port = { bridge: one.bridge, device: one.name, mac: guestMac(one) };
  const iface_id = one.externalIds.get("iface-id") ?? "";
  const vm_uuid = (vmUuidKeys.map((key) => one.externalIds.get(key)).find(Boolean) ?? "").toLowerCase();
  const samples: AnySample[] = [sample(m.portInfo, { ...port, type: one.type, iface_id, vm_uuid }, 1)];

  if (countersMove) samples.push(...counterSamples(one, port, directions));

  const place = {
    network: iface_id || one.bridge,
    switch: one.bridge,
    vmUuid: vm_uuid,
    mac: port.mac,
    device: one.name,
  };
  const limits = portLimits(one, isGuest).flatMap((limit) => limitSamples({ source: "ovs", ...place }, limit));
  return [...samples, ...limits];
}

export function datapathSamples({ name, lostUpcalls, received }: Datapath): AnySample[] {
  const labels = { datapath: name };
  return [
    ...(lostUpcalls === undefined ? [] : [sample(m.lostUpcalls, labels, lostUpcalls)]),
    ...(received === undefined ? [] : [sample(m.datapathPackets, labels, received)]),
  ];
}
