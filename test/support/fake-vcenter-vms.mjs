import { derived, entityName, list, record, ref } from "./fake-vcenter-xml.mjs";

function backingOf(nic, { networks, switches }) {
  if (nic.opaque !== undefined) {
    return derived("VirtualEthernetCardOpaqueNetworkBackingInfo", {
      opaqueNetworkId: nic.opaque,
      opaqueNetworkType: "nsx.LogicalSwitch",
    });
  }
  if (nic.portgroup !== undefined) {
    const distributed = switches.find(({ portgroups }) => portgroups.some(({ id }) => id === nic.portgroup));
    return derived("VirtualEthernetCardDistributedVirtualPortBackingInfo", {
      port: {
        switchUuid: distributed?.uuid ?? "",
        portgroupKey: nic.portgroup,
        portKey: "3",
        connectionCookie: 1_234_567_890,
      },
    });
  }
  const network = networks.find(({ name }) => name === nic.network);
  return derived("VirtualEthernetCardNetworkBackingInfo", {
    deviceName: nic.network ?? "",
    useAutoDetect: false,
    network: network && ref("Network", network.id),
  });
}

function ethernetCard(nic, index, inventory) {
  const connected = nic.connected ?? true;
  return derived(nic.type, {
    key: nic.key ?? 4000 + index,
    deviceInfo: { label: `Network adapter ${index + 1}`, summary: nic.network ?? nic.portgroup ?? "" },
    backing: backingOf(nic, inventory),
    connectable: {
      migrateConnect: "unset",
      startConnected: true,
      allowGuestControl: true,
      connected,
      status: connected ? "ok" : "untried",
    },
    slotInfo: derived("VirtualDevicePciBusSlotInfo", { pciSlotNumber: 192 + 32 * index }),
    controllerKey: 100,
    unitNumber: 7 + index,
    addressType: "assigned",
    macAddress: nic.mac,
    wakeOnLanEnabled: true,
    resourceAllocation:
      nic.type === "VirtualSriovEthernetCard"
        ? undefined
        : { reservation: 0, share: { shares: 50, level: "normal" }, limit: nic.limitMbit ?? -1 },
    uptCompatibilityEnabled: nic.type === "VirtualVmxnet3" ? false : undefined,
    allowGuestOSMtuChange: nic.type === "VirtualSriovEthernetCard" ? true : undefined,
    sriovBacking:
      nic.type === "VirtualSriovEthernetCard"
        ? {
            physicalFunctionBacking: {
              deviceName: "",
              id: "0000:5e:00.0",
              deviceId: "0",
              systemId: "BYPASS",
              vendorId: 0,
            },
          }
        : undefined,
  });
}

/** Devices that every machine has beside its NICs, and that a reader has to pass by. */
function furniture() {
  return [
    derived("VirtualIDEController", { key: 200, deviceInfo: { label: "IDE 0", summary: "IDE 0" }, busNumber: 0 }),
    derived("VirtualPCIController", {
      key: 100,
      deviceInfo: { label: "PCI controller 0", summary: "PCI controller 0" },
      busNumber: 0,
      device: [500, 12_000, 1000, 4000],
    }),
    derived("VirtualKeyboard", {
      key: 600,
      deviceInfo: { label: "Keyboard ", summary: "Keyboard" },
      controllerKey: 300,
      unitNumber: 0,
    }),
    derived("VirtualMachineVideoCard", {
      key: 500,
      deviceInfo: { label: "Video card ", summary: "Video card" },
      controllerKey: 100,
      unitNumber: 0,
      videoRamSizeInKB: 4096,
    }),
    derived("ParaVirtualSCSIController", {
      key: 1000,
      deviceInfo: { label: "SCSI controller 0", summary: "VMware paravirtual SCSI" },
      controllerKey: 100,
      unitNumber: 3,
      busNumber: 0,
      device: 2000,
      hotAddRemove: true,
      sharedBus: "noSharing",
      scsiCtlrUnitNumber: 7,
    }),
    derived("VirtualDisk", {
      key: 2000,
      deviceInfo: { label: "Hard disk 1", summary: "16,777,216 KB" },
      backing: derived("VirtualDiskFlatVer2BackingInfo", {
        fileName: "[ds] a/a.vmdk",
        diskMode: "persistent",
        thinProvisioned: true,
      }),
      controllerKey: 1000,
      unitNumber: 0,
      capacityInKB: 16_777_216,
    }),
  ];
}

function allocation(reservation, limit) {
  return record("ResourceAllocationInfo", {
    reservation: reservation ?? 0,
    expandableReservation: false,
    limit: limit ?? -1,
    shares: { shares: 1000, level: "normal" },
  });
}

export function vmProperties(vm, inventory) {
  const name = entityName(vm.name);
  const { id, uuid, instanceUuid = uuid, version = "vmx-19", cpus = 1, memoryMB = 1024, nics = [] } = vm;
  const device = [...furniture(), ...nics.map((nic, i) => ethernetCard(nic, i, inventory))];
  const runtime = record("VirtualMachineRuntimeInfo", {
    host: ref("HostSystem", vm.host),
    connectionState: vm.connection ?? "connected",
    powerState: vm.power ?? "poweredOn",
    faultToleranceState: "notConfigured",
    toolsInstallerMounted: false,
    bootTime: "2026-01-05T09:06:39Z",
    suspendInterval: 0,
    maxCpuUsage: 1995 * cpus,
    maxMemoryUsage: memoryMB,
    numMksConnections: 0,
    recordReplayState: "inactive",
    onlineStandby: false,
    consolidationNeeded: false,
  });
  const config = record("VirtualMachineConfigInfo", {
    changeVersion: "2026-01-05T09:06:30.840412Z",
    modified: "1970-01-01T00:00:00Z",
    name,
    guestFullName: "Debian GNU/Linux 12 (64-bit)",
    version,
    uuid,
    instanceUuid,
    template: vm.template ?? false,
    guestId: "debian12_64Guest",
    annotation: vm.annotation ?? "",
    hardware: record("VirtualHardware", {
      numCPU: cpus,
      numCoresPerSocket: 1,
      autoCoresPerSocket: false,
      memoryMB,
      virtualICH7MPresent: false,
      virtualSMCPresent: false,
      device: list("VirtualDevice", device),
    }),
    cpuAllocation: allocation(vm.reservationMHz, vm.limitMHz),
    memoryAllocation: allocation(vm.memoryReservationMB, vm.memoryLimitMB),
    latencySensitivity: record("LatencySensitivity", { level: vm.latency ?? "normal" }),
    memoryHotAddEnabled: false,
    cpuHotAddEnabled: false,
  });
  return {
    parent: ref("Folder", "group-v4"),
    name,
    // A machine whose files vCenter cannot read has no configuration.
    config: vm.config === false ? undefined : config,
    runtime,
    resourcePool: ref("ResourcePool", "resgroup-9"),
    guest: record("GuestInfo", {
      toolsStatus: "toolsOk",
      toolsRunningStatus: "guestToolsRunning",
      guestFamily: "linuxGuest",
      net: nics.map(({ mac, network }, i) => ({ network, macAddress: mac, connected: true, deviceConfigId: 4000 + i })),
      hostName: name,
      guestState: "running",
    }),
    summary: record("VirtualMachineSummary", {
      vm: ref("VirtualMachine", id),
      runtime,
      config: record("VirtualMachineConfigSummary", {
        name,
        template: vm.template ?? false,
        vmPathName: "[ds] a/a.vmx",
        memorySizeMB: memoryMB,
        cpuReservation: vm.reservationMHz ?? 0,
        memoryReservation: 0,
        numCpu: cpus,
        numEthernetCards: nics.length,
        numVirtualDisks: 1,
        uuid,
        instanceUuid,
        guestId: "debian12_64Guest",
        hwVersion: version,
      }),
      quickStats: record("VirtualMachineQuickStats", {
        overallCpuUsage: 120,
        balloonedMemory: 0,
        swappedMemory: 0,
        uptimeSeconds: 86_400,
      }),
    }),
    snapshot:
      vm.snapshot &&
      record("VirtualMachineSnapshotInfo", { currentSnapshot: ref("VirtualMachineSnapshot", vm.snapshot) }),
    rootSnapshot: list("ManagedObjectReference", vm.snapshot ? [ref("VirtualMachineSnapshot", vm.snapshot)] : []),
  };
}
