import type {
  ClusterObject,
  HostObject,
  OpaqueNetworkObject,
  PortgroupObject,
  SwitchObject,
  VmObject,
} from "./objects.ts";
import type { Kind, ObjectUpdate } from "./parse.ts";

interface ObjectOf {
  readonly VirtualMachine: VmObject;
  readonly HostSystem: HostObject;
  readonly DistributedVirtualPortgroup: PortgroupObject;
  readonly DistributedVirtualSwitch: SwitchObject;
  readonly ComputeResource: ClusterObject;
  readonly OpaqueNetwork: OpaqueNetworkObject;
}

/** All objects that are known, by id, and kept up to date by updates. */
export type Inventory = { readonly [K in Kind]: ReadonlyMap<string, ObjectOf[K]> };

export interface KeptInventory extends Inventory {
  apply(update: ObjectUpdate): void;
}

export function createInventory(): KeptInventory {
  const objects = {
    VirtualMachine: new Map<string, VmObject>(),
    HostSystem: new Map<string, HostObject>(),
    DistributedVirtualPortgroup: new Map<string, PortgroupObject>(),
    DistributedVirtualSwitch: new Map<string, SwitchObject>(),
    ComputeResource: new Map<string, ClusterObject>(),
    OpaqueNetwork: new Map<string, OpaqueNetworkObject>(),
  };
  return {
    ...objects,
    apply({ kind, id, change, facts }) {
      const known: Map<string, object> = objects[kind];
      if (change === "left") known.delete(id);
      else known.set(id, change === "entered" ? facts : { ...known.get(id), ...facts });
    },
  };
}
