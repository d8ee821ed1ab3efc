import { derived, entityName, list, record, ref } from "./fake-vcenter-xml.mjs";

function policyOf({ security = {}, shaping } = {}) {
  return {
    security: {
      allowPromiscuous: security.promiscuous ?? false,
      macChanges: security.macChanges ?? false,
      forgedTransmits: security.forgedTransmits ?? false,
    },
    nicTeaming: { policy: "loadbalance_srcid", reversePolicy: true, notifySwitches: true, rollingOrder: false },
    offloadPolicy: { csumOffload: true, tcpSegmentation: true, zeroCopyXmit: true },
    // A switch that shapes nothing tells no rates.
    shapingPolicy: shaping
      ? {
          enabled: shaping.enabled ?? true,
          averageBandwidth: shaping.average,
          peakBandwidth: shaping.peak,
          burstSize: shaping.burst,
        }
      : { enabled: false },
  };
}

function standardSwitch({ name, pnics = [], portgroups = [], ...policies }) {
  return {
    name,
    key: `key-vim.host.VirtualSwitch-${name}`,
    numPorts: 2060,
    numPortsAvailable: 2051,
    mtu: 1500,
    portgroup: portgroups.map((portgroup) => `key-vim.host.PortGroup-${portgroup.name}`),
    pnic: pnics.map((device) => `key-vim.host.PhysicalNic-${device}`),
    spec: {
      numPorts: 128,
      bridge: derived("HostVirtualSwitchBondBridge", {
        nicDevice: pnics,
        beacon: { interval: 1 },
        linkDiscoveryProtocolConfig: { protocol: "cdp", operation: "listen" },
      }),
      policy: policyOf(policies),
    },
  };
}

function standardPortgroup(portgroup, vswitch) {
  const own = portgroup.shaping || portgroup.security;
  return {
    key: `key-vim.host.PortGroup-${portgroup.name}`,
    vswitch: `key-vim.host.VirtualSwitch-${vswitch.name}`,
    // What the port group leaves open, its switch decides.
    computedPolicy: policyOf({
      security: portgroup.security ?? vswitch.security,
      shaping: portgroup.shaping ?? vswitch.shaping,
    }),
    spec: {
      name: portgroup.name,
      vlanId: portgroup.vlan ?? 0,
      vswitchName: vswitch.name,
      policy: own
        ? policyOf(portgroup)
        : { security: {}, nicTeaming: { failureCriteria: {} }, offloadPolicy: {}, shapingPolicy: {} },
    },
  };
}

function physicalNic({ device, mbit, mac = "00:25:b5:00:00:01", driver = "ixgben" }) {
  const link = mbit === undefined ? undefined : { speedMb: mbit, duplex: true };
  return {
    key: `key-vim.host.PhysicalNic-${device}`,
    device,
    pci: "0000:0b:00.0",
    driver,
    driverVersion: "1.13.1.0",
    firmwareVersion: "7",
    linkSpeed: link,
    validLinkSpecification: { speedMb: 10_000, duplex: true },
    spec: { ip: { dhcp: false, ipAddress: "", subnetMask: "" }, linkSpeed: link, enableEnhancedNetworkingStack: false },
    wakeOnLanSupported: false,
    mac,
    vmDirectPathGen2Supported: false,
    resourcePoolSchedulerAllowed: true,
    autoNegotiateSupported: true,
  };
}

function proxySwitch({ uuid, name, mtu = 1500 }, pnics) {
  return {
    dvsUuid: uuid,
    dvsName: name,
    key: `key-vim.host.HostProxySwitch-${name}`,
    numPorts: 2560,
    numPortsAvailable: 2550,
    mtu,
    pnic: pnics.map(({ device }) => `key-vim.host.PhysicalNic-${device}`),
    spec: {
      backing: derived("DistributedVirtualSwitchHostMemberPnicBacking", {
        pnicSpec: pnics.map(({ device }) => ({ pnicDevice: device })),
      }),
    },
  };
}

export function hostProperties(host, vms, switches, networks) {
  const { packages = 1, cores, threads, hertz, memoryBytes = 2 ** 36, pnics = [], vswitches = [] } = host;
  const name = entityName(host.name);
  const onStandard = new Set(vswitches.flatMap((vswitch) => vswitch.pnics ?? []));
  const onDistributed = pnics.filter(({ device }) => !onStandard.has(device));
  const runtime = record("HostRuntimeInfo", {
    connectionState: host.connection ?? "connected",
    powerState: "poweredOn",
    inMaintenanceMode: host.maintenance ?? false,
    bootTime: "2026-01-05T09:00:00.123456Z",
  });
  const network = record("HostNetworkInfo", {
    vswitch: list(
      "HostVirtualSwitch",
      vswitches.map((vswitch) => record("HostVirtualSwitch", standardSwitch(vswitch))),
    ),
    proxySwitch: list(
      "HostProxySwitch",
      switches.map((one) => record("HostProxySwitch", proxySwitch(one, onDistributed))),
    ),
    portgroup: list(
      "HostPortGroup",
      vswitches.flatMap((vswitch) =>
        (vswitch.portgroups ?? []).map((portgroup) => record("HostPortGroup", standardPortgroup(portgroup, vswitch))),
      ),
    ),
    pnic: list(
      "PhysicalNic",
      pnics.map((pnic) => record("PhysicalNic", physicalNic(pnic))),
    ),
  });
  const connected = runtime.fields.connectionState === "connected";
  return {
    parent: ref("ClusterComputeResource", host.cluster),
    name,
    vm: list(
      "ManagedObjectReference",
      vms.filter((vm) => vm.host === host.id).map(({ id }) => ref("VirtualMachine", id)),
    ),
    network: list(
      "ManagedObjectReference",
      networks.map(({ id }) => ref("Network", id)),
    ),
    summary: record("HostListSummary", {
      host: ref("HostSystem", host.id),
      hardware: record("HostHardwareSummary", {
        vendor: "VMware, Inc.",
        model: "VMware7,1",
        uuid: "a6b70142-625f-e04e-edf6-05098f74aff3",
        memorySize: memoryBytes,
        cpuModel: "Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz",
        cpuMhz: Math.round(hertz / 1e6),
        numCpuPkgs: packages,
        numCpuCores: cores,
        numCpuThreads: threads,
        numNics: pnics.length,
        numHBAs: 1,
      }),
      runtime,
      config: record("HostConfigSummary", { name, port: 902, vmotionEnabled: true }),
      quickStats: record("HostListSummaryQuickStats", { overallCpuUsage: 1200, overallMemoryUsage: 8000 }),
    }),
    hardware: record("HostHardwareInfo", {
      systemInfo: { vendor: "VMware, Inc.", model: "VMware7,1", uuid: "a6b70142-625f-e04e-edf6-05098f74aff3" },
      cpuInfo: record("HostCpuInfo", {
        numCpuPackages: packages,
        numCpuCores: cores,
        numCpuThreads: threads,
        hz: hertz,
      }),
      memorySize: memoryBytes,
    }),
    runtime,
    // A host that vCenter cannot reach has no configuration to tell.
    config: connected ? record("HostConfigInfo", { host: ref("HostSystem", host.id), network }) : undefined,
  };
}
