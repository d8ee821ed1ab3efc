import { type AnySample, sample } from "../../metrics/define.ts";
import { limitSamples } from "../../vm/samples.ts";
import { portDrops } from "./drops.ts";
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
  return guestMac(one) !== "" || one.type.startsWith("dpdkvhostuser") || one.driver === "tun";
}

/** @param countersMove false where nobody brings the statistics up to date */
export function interfaceSamples(one: OvsInterface, countersMove: boolean): AnySample[] {
  const isGuest = isGuestPort(one);
  const directions = isGuest
    ? { receive: "from_guest", transmit: "to_guest" }
    : { receive: "receive", transmit: "transmit" };
  const port = { bridge: one.bridge, device: one.name, mac: guestMac(one) };
  const iface_id = one.externalIds.get("iface-id") ?? "";
  const vm_uuid = (vmUuidKeys.map((key) => one.externalIds.get(key)).find(Boolean) ?? "").toLowerCase();
  const samples: AnySample[] = [sample(m.portInfo, { ...port, type: one.type, iface_id, vm_uuid }, 1)];

  if (countersMove) {
    if (one.up !== undefined) samples.push(sample(m.portUp, port, Number(one.up)));
    for (const direction of ["receive", "transmit"] as const) {
      const packets = one.statistics.get(direction === "receive" ? "rx_packets" : "tx_packets");
      if (packets !== undefined)
        samples.push(sample(m.packets, { ...port, direction: directions[direction] }, packets));
    }
    for (const { direction, cause, packets } of portDrops(one.statistics)) {
      samples.push(sample(m.drops, { ...port, direction: directions[direction], cause }, packets));
    }
  }

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
