import { childOf } from "../xml-tree.ts";
import type { PortgroupPolicy, Shaping } from "./objects.ts";
import { nameOf } from "./values.ts";
import { flagAt, numberAt, textAt, type XmlElement } from "./xml.ts";

/** Names of the policies as labels, by vCenter's. */
const policies = {
  allowPromiscuous: "promiscuous",
  macChanges: "mac_changes",
  forgedTransmits: "forged_transmits",
} as const;

/** Bit/s to bytes/s. */
function bytes(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : bits / 8;
}

/** @param path from a setting to its value: a distributed port group keeps beside it whether it is inherited */
function parseShaping(policy: XmlElement | undefined, ...path: readonly string[]): Shaping | undefined {
  if (flagAt(policy, "enabled", ...path) !== true) return undefined;
  return {
    averageBytesPerSecond: bytes(numberAt(policy, "averageBandwidth", ...path)),
    peakBytesPerSecond: bytes(numberAt(policy, "peakBandwidth", ...path)),
    burstBytes: numberAt(policy, "burstSize", ...path),
  };
}

function parseSecurity(read: (setting: string) => boolean | undefined): PortgroupPolicy["security"] {
  return Object.fromEntries(
    Object.entries(policies).flatMap(([setting, policy]) => {
      const allowed = read(setting);
      return allowed === undefined ? [] : [[policy, allowed]];
    }),
  );
}

/** VMwareDVSPortSetting. Since 6.7 the security policy is in macManagementPolicy, without the wrapping. */
export function parseDefaultPortConfig(config: XmlElement): Omit<PortgroupPolicy, "name" | "switch"> {
  const current = childOf(config, "macManagementPolicy");
  const older = childOf(config, "securityPolicy");
  return {
    fromGuest: parseShaping(childOf(config, "inShapingPolicy"), "value"),
    toGuest: parseShaping(childOf(config, "outShapingPolicy"), "value"),
    security: parseSecurity((setting) => flagAt(current, setting) ?? flagAt(older, setting, "value")),
  };
}

/** Port groups of a host's standard switches, which shape only what machines send. */
export function parseHostPortgroups(portgroups: readonly XmlElement[]): PortgroupPolicy[] {
  return portgroups.map((portgroup) => {
    const policy = childOf(portgroup, "computedPolicy");
    const security = childOf(policy, "security");
    return {
      name: nameOf(textAt(portgroup, "spec", "name")) ?? "",
      switch: nameOf(textAt(portgroup, "spec", "vswitchName")) ?? "",
      fromGuest: parseShaping(childOf(policy, "shapingPolicy")),
      toGuest: undefined,
      security: parseSecurity((setting) => flagAt(security, setting)),
    };
  });
}
