import { hostProperties } from "./fake-vcenter-hosts.mjs";
import { portgroupProperties, switchProperties } from "./fake-vcenter-switches.mjs";
import { vmProperties } from "./fake-vcenter-vms.mjs";
import { derived, entityName, list, record, ref } from "./fake-vcenter-xml.mjs";

/** What each type is besides itself; views and filters name any of them. */
const KINDS = {
  Folder: ["ManagedEntity"],
  Datacenter: ["ManagedEntity"],
  ClusterComputeResource: ["ComputeResource", "ManagedEntity"],
  HostSystem: ["ManagedEntity"],
  Network: ["ManagedEntity"],
  DistributedVirtualPortgroup: ["Network", "ManagedEntity"],
  VmwareDistributedVirtualSwitch: ["DistributedVirtualSwitch", "ManagedEntity"],
  VirtualMachine: ["ManagedEntity"],
};

/** 0 where an object of the type is exactly of the kind, more the further off it is; undefined where it is not. */
export function distance(type, kind) {
  const at = [type, ...(KINDS[type] ?? [])].indexOf(kind);
  return at < 0 ? undefined : at;
}

function clusterProperties(cluster, hosts) {
  const drsConfig = record("ClusterDrsConfigInfo", {
    enabled: cluster.drs ?? true,
    enableVmBehaviorOverrides: true,
    defaultVmBehavior: "fullyAutomated",
    vmotionRate: 3,
  });
  const configuration = derived("ClusterConfigInfoEx", {
    dasConfig: { enabled: false, vmMonitoring: "vmMonitoringDisabled", hostMonitoring: "enabled" },
    drsConfig,
  });
  return {
    parent: ref("Folder", "group-h5"),
    name: entityName(cluster.name),
    host: list(
      "ManagedObjectReference",
      hosts.map(({ id }) => ref("HostSystem", id)),
    ),
    configuration,
    configurationEx: configuration,
    summary: derived("ClusterComputeResourceSummary", {
      totalCpu: hosts.reduce((sum, { threads, hertz }) => sum + (threads * hertz) / 1e6, 0),
      numCpuCores: hosts.reduce((sum, { cores }) => sum + cores, 0),
      numCpuThreads: hosts.reduce((sum, { threads }) => sum + threads, 0),
      numHosts: hosts.length,
      numEffectiveHosts: hosts.length,
      overallStatus: "green",
    }),
  };
}

/** @returns the managed objects that an inventory stands for, in the order that vCenter made them */
export function managedObjects(inventory) {
  const objects = new Map();
  const { clusters, hosts, networks, switches, vms } = inventory;
  function add(type, id, within, properties) {
    objects.set(id, { type, id, within: new Set(within), properties });
  }

  add("Folder", "group-d1", [], { name: "Datacenters" });
  add("Datacenter", "datacenter-3", ["group-d1"], {
    parent: ref("Folder", "group-d1"),
    name: entityName(inventory.datacenter),
  });
  const top = ["group-d1", "datacenter-3"];
  for (const cluster of clusters) {
    const own = hosts.filter((host) => host.cluster === cluster.id);
    add("ClusterComputeResource", cluster.id, top, clusterProperties(cluster, own));
  }
  for (const host of hosts) {
    add("HostSystem", host.id, [...top, host.cluster], hostProperties(host, vms, switches, networks));
  }
  for (const network of networks) {
    add("Network", network.id, top, { parent: ref("Folder", "group-n7"), name: entityName(network.name) });
  }
  for (const distributed of switches) {
    add("VmwareDistributedVirtualSwitch", distributed.id, top, switchProperties(distributed, hosts));
    for (const portgroup of distributed.portgroups) {
      add("DistributedVirtualPortgroup", portgroup.id, top, portgroupProperties(portgroup, distributed));
    }
  }
  const clusterOf = new Map(hosts.map(({ id, cluster }) => [id, cluster]));
  for (const vm of vms) {
    add("VirtualMachine", vm.id, [...top, vm.host, clusterOf.get(vm.host)], vmProperties(vm, inventory));
  }
  return objects;
}

/** The value at a path such as config.hardware.device; undefined where it is unset. */
export function valueAt({ properties }, path) {
  return path.split(".").reduce((at, name) => (at?.kind === "record" ? at.fields : at)?.[name], properties);
}

/** The privilege that the account lacks to read a path, if it does. */
export function privilegeMissing(inventory, id, path) {
  const denied = inventory.denied ?? [];
  return denied.find((entry) => entry.id === id && (path === entry.path || path.startsWith(`${entry.path}.`)))
    ?.privilege;
}
