import { derived, entityName, list, record, ref } from "./fake-vcenter-xml.mjs";

function policy(value) {
  return { inherited: false, value };
}

/** Rates are in bits per second, the burst in bytes. */
function shaping(limits) {
  return {
    inherited: limits === undefined,
    enabled: policy(limits !== undefined && limits.enabled !== false),
    averageBandwidth: policy(limits?.average ?? 100_000_000),
    peakBandwidth: policy(limits?.peak ?? 100_000_000),
    burstSize: policy(limits?.burst ?? 104_857_600),
  };
}

function security({ promiscuous = false, macChanges = false, forgedTransmits = false } = {}) {
  return {
    inherited: false,
    allowPromiscuous: policy(promiscuous),
    macChanges: policy(macChanges),
    forgedTransmits: policy(forgedTransmits),
  };
}

function macManagement({ promiscuous = false, macChanges = false, forgedTransmits = false } = {}) {
  return { inherited: false, allowPromiscuous: promiscuous, macChanges, forgedTransmits };
}

function portSetting(portgroup) {
  return derived("VMwareDVSPortSetting", {
    blocked: policy(false),
    vmDirectPathGen2Allowed: policy(false),
    inShapingPolicy: shaping(portgroup.in),
    outShapingPolicy: shaping(portgroup.out),
    vendorSpecificConfig: { inherited: true },
    networkResourcePoolKey: { inherited: true, value: "-1" },
    filterPolicy: { inherited: true },
    vlan: derived("VmwareDistributedVirtualSwitchVlanIdSpec", { inherited: false, vlanId: portgroup.vlan ?? 0 }),
    qosTag: { inherited: true, value: -1 },
    securityPolicy: security(portgroup.security),
    ipfixEnabled: { inherited: true, value: false },
    txUplink: { inherited: true, value: false },
    // Since 6.7 beside the older policy, and without its wrapping.
    macManagementPolicy: macManagement(portgroup.security),
  });
}

export function portgroupProperties(portgroup, distributed) {
  const name = entityName(portgroup.name);
  const dvs = ref("VmwareDistributedVirtualSwitch", distributed.id);
  return {
    parent: ref("Folder", "group-n7"),
    name,
    key: portgroup.id,
    config: record("DVPortgroupConfigInfo", {
      key: portgroup.id,
      name,
      numPorts: 8,
      distributedVirtualSwitch: dvs,
      defaultPortConfig: portSetting(portgroup),
      description: "",
      type: "earlyBinding",
      backingType: portgroup.segment === undefined ? "standard" : "nsx",
      policy: derived("VMwareDVSPortgroupPolicy", {
        blockOverrideAllowed: true,
        shapingOverrideAllowed: false,
        vlanOverrideAllowed: false,
        uplinkTeamingOverrideAllowed: false,
        securityPolicyOverrideAllowed: false,
      }),
      configVersion: "0",
      autoExpand: true,
      vmVnicNetworkResourcePoolKey: "-1",
      uplink: portgroup.uplink ?? false,
      logicalSwitchUuid: portgroup.segment,
      segmentId: portgroup.segment === undefined ? undefined : `/infra/segments/${portgroup.segment}`,
    }),
  };
}

/** Limits of Network I/O Control are in Mbit/s for each uplink of a host; -1 is none. */
function trafficClass(key, limit) {
  const shares = { shares: key === "virtualMachine" ? 100 : 50, level: key === "virtualMachine" ? "high" : "normal" };
  return record("DvsHostInfrastructureTrafficResource", {
    key,
    description: `${key} Traffic Type`,
    allocationInfo: { limit, shares, reservation: 0 },
  });
}

const TRAFFIC = ["management", "faultTolerance", "vmotion", "virtualMachine", "iSCSI", "nfs", "hbr", "vsan", "vdp"];

export function switchProperties(distributed, hosts) {
  const name = entityName(distributed.name);
  const uplinks = distributed.portgroups.filter(({ uplink }) => uplink);
  return {
    parent: ref("Folder", "group-n7"),
    name,
    uuid: distributed.uuid,
    portgroup: list(
      "ManagedObjectReference",
      distributed.portgroups.map(({ id }) => ref("DistributedVirtualPortgroup", id)),
    ),
    config: derived("VMwareDVSConfigInfo", {
      uuid: distributed.uuid,
      name,
      numStandalonePorts: 0,
      numPorts: 40,
      maxPorts: 2_147_483_647,
      uplinkPortPolicy: derived("DVSNameArrayUplinkPortPolicy", { uplinkPortName: ["Uplink 1", "Uplink 2"] }),
      uplinkPortgroup: uplinks.map(({ id }) => ref("DistributedVirtualPortgroup", id)),
      defaultPortConfig: portSetting({}),
      host: hosts.map(({ id, pnics = [] }) => ({
        config: {
          host: ref("HostSystem", id),
          maxProxySwitchPorts: 2560,
          backing: derived("DistributedVirtualSwitchHostMemberPnicBacking", {
            pnicSpec: pnics.map(({ device }) => ({ pnicDevice: device })),
          }),
        },
        productInfo: { name: "DVS", vendor: "VMware, Inc.", version: "8.0.0" },
        status: "up",
      })),
      productInfo: { name: "DVS", vendor: "VMware, Inc.", version: "8.0.0", forwardingClass: "etherswitch" },
      configVersion: "1",
      contact: {},
      createTime: "2026-01-05T09:00:00.123456Z",
      networkResourceManagementEnabled: distributed.nioc ?? true,
      infrastructureTrafficResourceConfig: list(
        "DvsHostInfrastructureTrafficResource",
        TRAFFIC.map((key) => trafficClass(key, distributed.limits?.[key] ?? -1)),
      ),
      networkResourceControlVersion: "version3",
      maxMtu: distributed.mtu ?? 1500,
      linkDiscoveryProtocolConfig: { protocol: "lldp", operation: "listen" },
    }),
    summary: record("DVSSummary", { name, uuid: distributed.uuid, numPorts: 40, numHosts: hosts.length }),
  };
}
