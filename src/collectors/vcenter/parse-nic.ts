import { childOf } from "../xml-tree.ts";
import type { NicDevice, NicNetwork } from "./objects.ts";
import { MEGABIT_BYTES, nameOf } from "./values.ts";
import { numberAt, textAt, type XmlElement } from "./xml.ts";

/** Spellings of the machine's own file where they differ from the class without its "Virtual". */
const models: Readonly<Record<string, string>> = {
  VirtualSriovEthernetCard: "sriov",
  VirtualVmxnet: "vmxnet",
  VirtualEthernetCard: "",
};

function modelOf(type: string | undefined): string {
  if (type === undefined) return "";
  return models[type] ?? type.replace(/^Virtual/, "").toLowerCase();
}

function networkOf(backing: XmlElement | undefined): NicNetwork {
  const key = textAt(backing, "port", "portgroupKey");
  if (key) return { kind: "portgroup", key };
  const id = textAt(backing, "opaqueNetworkId");
  if (id) return { kind: "opaque", id };
  const name = nameOf(textAt(backing, "deviceName"));
  return name ? { kind: "standard", name } : { kind: "none" };
}

/** The network cards among the devices of a machine; only they have a MAC, so a class that we do not know is one too. */
export function parseNics(devices: readonly XmlElement[]): NicDevice[] {
  return devices.flatMap((device) => {
    const mac = textAt(device, "macAddress");
    const key = textAt(device, "key");
    if (mac === undefined || key === undefined) return [];
    const megabits = numberAt(device, "resourceAllocation", "limit");
    return [
      {
        key,
        mac: mac.toLowerCase(),
        model: modelOf(device.type),
        network: networkOf(childOf(device, "backing")),
        limitBytesPerSecond: megabits === undefined || megabits < 0 ? undefined : megabits * MEGABIT_BYTES,
      },
    ];
  });
}
