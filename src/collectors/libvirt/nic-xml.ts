import { vmNicKind } from "../../vm/nic-kind.ts";
import type { NicBackend, NicLimit } from "../../vm/vm.ts";
import { elementAt } from "../xml-tree.ts";
import { numberIn, type XmlElement } from "./xml.ts";

export interface NicFacts {
  /** Lower case. */
  readonly mac: string;
  /** Empty where libvirt says none. */
  readonly model: string;
  readonly network: string;
  readonly backend: NicBackend | typeof AUTOMATIC;
  readonly device: string;
  readonly queues: number | undefined;
  readonly limits: readonly NicLimit[];
}

/** vhost-net where the host had it when the machine started, else QEMU; libvirt does not say which of the two it took. */
export const AUTOMATIC = "automatic";

/** libvirt hands its rates to tc as `kbps`, which are 1,000 bytes a second, and its bursts as `kb`, which are 1,024 bytes. */
const RATE_UNIT = 1000;
const BURST_UNIT = 1024;

/**
 * An `<interface>` of a domain; nothing for one without a MAC, which has no name then.
 * @param virtualization the domain's type: kvm, qemu; empty where there is none
 */
export function parseNic(nic: XmlElement, virtualization: string): NicFacts[] {
  const mac = elementAt(nic, "mac")?.attributes["address"]?.toLowerCase();
  if (mac === undefined) return [];
  const type = nic.attributes["type"] ?? "";
  const model = elementAt(nic, "model")?.attributes["type"] ?? (type === "hostdev" ? "hostdev" : "");
  const source = elementAt(nic, "source")?.attributes ?? {};
  const driver = elementAt(nic, "driver")?.attributes ?? {};
  return [
    {
      mac,
      model,
      network: source["network"] ?? source["bridge"] ?? source["dev"] ?? "",
      backend: backendOf({ virtualization, type, model, driver: driver["name"] }),
      device: elementAt(nic, "target")?.attributes["dev"] ?? "",
      queues: type === "hostdev" ? undefined : numberIn(driver["queues"] ?? "1"),
      limits: [...limit(nic, "inbound", "to_guest"), ...limit(nic, "outbound", "from_guest")],
    },
  ];
}

interface Carriage {
  readonly virtualization: string;
  readonly type: string;
  readonly model: string;
  readonly driver: string | undefined;
}

/** As libvirt's qemuInterfaceOpenVhostNet decides: only machines of KVM with paravirtual NICs can have vhost-net. */
function backendOf({ virtualization, type, model, driver }: Carriage): NicFacts["backend"] {
  if (type === "vhostuser") return "vhost_user";
  if (vmNicKind(model) === "emulated" || type === "user" || driver === "qemu") return "qemu";
  if (vmNicKind(model) !== "paravirtual" || type === "vdpa") return "unknown";
  if (virtualization === "qemu") return "qemu";
  if (driver === "vhost") return "vhost_net";
  return virtualization === "kvm" ? AUTOMATIC : "unknown";
}

function limit(nic: XmlElement, element: "inbound" | "outbound", direction: NicLimit["direction"]): NicLimit[] {
  const limits = elementAt(nic, "bandwidth", element)?.attributes;
  const rate = numberIn(limits?.["average"]);
  if (rate === undefined) return []; // a `floor` is a guarantee, no limit
  const burst = numberIn(limits?.["burst"]);
  return [
    {
      direction,
      bytesPerSecond: rate * RATE_UNIT,
      burstBytes: burst === undefined ? undefined : burst * BURST_UNIT,
    },
  ];
}
