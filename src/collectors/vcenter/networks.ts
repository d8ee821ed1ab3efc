import type { Inventory } from "./inventory.ts";
import { type FindNetwork, limitsOf, type Network } from "./machines.ts";
import type { PortgroupPolicy } from "./objects.ts";

/** The switch of a standard port group is its host's own. */
function standardSwitch(host: string, name: string): string {
  return `${host}/${name}`;
}

/** Every port group with its policy: those of distributed switches, and those of each host's standard switches. */
export function portgroupsOf(inventory: Inventory): PortgroupPolicy[] {
  const distributed = [...inventory.DistributedVirtualPortgroup.values()].map((portgroup): PortgroupPolicy => {
    const { name = "", switch: id = "", policy } = portgroup;
    const known = policy ?? { fromGuest: undefined, toGuest: undefined, security: {} };
    return { ...known, name, switch: inventory.DistributedVirtualSwitch.get(id)?.name ?? "" };
  });
  const standard = [...inventory.HostSystem.values()].flatMap(({ name = "", portgroups = [] }) =>
    portgroups.map((portgroup) => ({ ...portgroup, switch: standardSwitch(name, portgroup.switch) })),
  );
  return [...distributed, ...standard];
}

/** Finds what a NIC is connected to, by what its device says of it. */
export function createFindNetwork(inventory: Inventory): FindNetwork {
  const distributed = new Map<string, Network>();
  for (const { key, name = "", switch: id = "", policy } of inventory.DistributedVirtualPortgroup.values()) {
    if (key === undefined) continue;
    const limits = policy ? limitsOf(policy) : [];
    distributed.set(key, { name, switch: inventory.DistributedVirtualSwitch.get(id)?.name ?? "", limits });
  }
  const standard = new Map<string, Network>();
  for (const [hostId, { name: host = "", portgroups = [] }] of inventory.HostSystem) {
    for (const portgroup of portgroups) {
      const network = {
        name: portgroup.name,
        switch: standardSwitch(host, portgroup.switch),
        limits: limitsOf(portgroup),
      };
      standard.set(`${hostId} ${portgroup.name}`, network);
    }
  }
  const opaque = new Map(
    [...inventory.OpaqueNetwork.values()].map(({ opaqueId, name = "" }) => [
      opaqueId,
      { name, switch: "", limits: [] },
    ]),
  );
  return (network, hostId) => {
    if (network.kind === "portgroup")
      return distributed.get(network.key) ?? { name: network.key, switch: "", limits: [] };
    if (network.kind === "opaque") return opaque.get(network.id) ?? { name: network.id, switch: "", limits: [] };
    if (network.kind === "none") return { name: "", switch: "", limits: [] };
    return standard.get(`${hostId} ${network.name}`) ?? { name: network.name, switch: "", limits: [] };
  };
}
