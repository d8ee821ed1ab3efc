import { type ObjectUpdate, parseObjectUpdate } from "../../../src/collectors/vcenter/parse.ts";
import { createXmlReader, type XmlElement } from "../../../src/collectors/vcenter/xml.ts";

/** The wanted elements of a document that arrives in pieces of that length. */
function elementsOf(document: string, name: string, length = document.length): XmlElement[] {
  const found: XmlElement[] = [];
  const reader = createXmlReader(new Set([name]), (element) => found.push(element));
  for (let at = 0; at < document.length; at += length) reader.write(document.slice(at, at + length));
  reader.end();
  return found;
}

/** As a server writes it: each has a prefix of its own for xsi. */
function update(
  kind: string,
  changes: Readonly<Record<string, string>>,
  prefix = "xsi",
  change = "enter",
): ObjectUpdate | undefined {
  const set = Object.entries(changes)
    .map(([name, value]) => `<changeSet><name>${name}</name><op>assign</op><val ${value}</val></changeSet>`)
    .join("");
  const document = `<?xml version="1.0"?><a:E xmlns:a="urn:e" xmlns:${prefix}="urn:x"><objectSet><kind>${change}</kind><obj type="${kind}">id-1</obj>${set}</objectSet></a:E>`;
  const [element] = elementsOf(document.replaceAll("xsi:", `${prefix}:`), "objectSet");
  return element && parseObjectUpdate(element);
}

const facts = (...given: Parameters<typeof update>) => update(...given)?.facts;

test("a machine's properties become facts in base units", () => {
  expect(
    facts("VirtualMachine", {
      name: 'xsi:type="xsd:string">a%2fb%5Cc%25d%20e',
      "config.uuid": 'xsi:type="xsd:string">421F245C-7FA8-60FA-6AF6-A46351CED0EB',
      "config.version": 'xsi:type="xsd:string">vmx-19',
      "config.hardware.numCPU": 'xsi:type="xsd:int"> 4 ',
      "config.hardware.memoryMB": 'xsi:type="xsd:int">4096',
      "config.cpuAllocation": 'xsi:type="ResourceAllocationInfo"><reservation>500</reservation><limit>-1</limit>',
      "config.latencySensitivity": 'xsi:type="LatencySensitivity"><level>high</level>',
      "runtime.host": 'type="HostSystem" xsi:type="ManagedObjectReference">host-7',
    }),
  ).toEqual({
    name: "a/b\\c%d%20e",
    uuid: "421f245c-7fa8-60fa-6af6-a46351ced0eb",
    hardwareVersion: 19,
    vcpus: 4,
    memoryBytes: 4096 * 1024 ** 2,
    reservationHertz: 5e8,
    limitHertz: undefined,
    latencySensitivity: "high",
    host: "host-7",
  });
});

const card = (type: string, backing: string, more = "") =>
  `<VirtualDevice xsi:type="${type}"><key>4000</key><backing>${backing}</backing><macAddress>00:50:56:AA:00:01</macAddress>${more}</VirtualDevice>`;
const portBacking = "<port><switchUuid>50 1</switchUuid><portgroupKey>dvportgroup-9</portgroupKey></port>";

test.each([
  ["VirtualE1000", "e1000"],
  ["VirtualE1000e", "e1000e"],
  ["VirtualPCNet32", "pcnet32"],
  ["VirtualVmxnet2", "vmxnet2"],
  ["VirtualVmxnet3", "vmxnet3"],
  ["VirtualSriovEthernetCard", "sriov"],
  ["VirtualNovelCard", "novelcard"],
])("%s is the model %s", (type, model) => {
  const devices = `xsi:type="ArrayOfVirtualDevice"><VirtualDevice xsi:type="VirtualDisk"><key>2000</key></VirtualDevice>${card(type, portBacking)}`;

  expect(facts("VirtualMachine", { "config.hardware.device": devices }, "XMLSchema-instance")).toEqual({
    nics: [
      {
        key: "4000",
        mac: "00:50:56:aa:00:01",
        model,
        network: { kind: "portgroup", key: "dvportgroup-9" },
        limitBytesPerSecond: undefined,
      },
    ],
  });
});

test.each([
  ["<deviceName>VM Network</deviceName>", { kind: "standard", name: "VM Network" }],
  [
    "<opaqueNetworkId>a-b</opaqueNetworkId><opaqueNetworkType>nsx.LogicalSwitch</opaqueNetworkType>",
    { kind: "opaque", id: "a-b" },
  ],
  ["", { kind: "none" }],
])("a card behind %s", (backing, network) => {
  const limit = "<resourceAllocation><reservation>0</reservation><limit>100</limit></resourceAllocation>";
  const devices = `xsi:type="ArrayOfVirtualDevice">${card("VirtualVmxnet3", backing, limit)}`;

  expect(facts("VirtualMachine", { "config.hardware.device": devices })).toMatchObject({
    nics: [{ network, limitBytesPerSecond: 12_500_000 }],
  });
});

const wrapped = (name: string, value: string | number | boolean) =>
  `<${name}><inherited>false</inherited><value>${value}</value></${name}>`;
const shaping = (name: string, on: boolean) =>
  `<${name}><inherited>false</inherited>${wrapped("enabled", on)}${wrapped("averageBandwidth", 8000)}${wrapped("peakBandwidth", 16000)}${wrapped("burstSize", 4096)}</${name}>`;

test("shaping of a distributed port group is in bit/s and bytes, and one that is off is none", () => {
  const config = `xsi:type="VMwareDVSPortSetting">${shaping("inShapingPolicy", true)}${shaping("outShapingPolicy", false)}<securityPolicy>${wrapped("allowPromiscuous", true)}${wrapped("macChanges", false)}</securityPolicy>`;

  expect(facts("DistributedVirtualPortgroup", { "config.defaultPortConfig": config })).toEqual({
    policy: {
      fromGuest: { averageBytesPerSecond: 1000, peakBytesPerSecond: 2000, burstBytes: 4096 },
      toGuest: undefined,
      security: { promiscuous: true, mac_changes: false },
    },
  });
});

test("since 6.7 the security policy is elsewhere, and wins", () => {
  const config = `xsi:type="VMwareDVSPortSetting"><securityPolicy>${wrapped("allowPromiscuous", false)}</securityPolicy><macManagementPolicy><allowPromiscuous>true</allowPromiscuous></macManagementPolicy>`;

  expect(facts("DistributedVirtualPortgroup", { "config.defaultPortConfig": config })).toMatchObject({
    policy: { security: { promiscuous: true } },
  });
});

test("a host's uplinks and port groups", () => {
  const pnics =
    'xsi:type="ArrayOfPhysicalNic"><PhysicalNic><key>key-vim.host.PhysicalNic-vmnic0</key><device>vmnic0</device><driver>ixgben</driver><linkSpeed><speedMb>10000</speedMb></linkSpeed><mac>AA:BB:CC:00:00:01</mac></PhysicalNic><PhysicalNic><key>k1</key><device>vmnic1</device><driver>ixgben</driver><mac>x</mac></PhysicalNic>';
  const portgroups =
    'xsi:type="ArrayOfHostPortGroup"><HostPortGroup><computedPolicy><security><forgedTransmits>true</forgedTransmits></security><shapingPolicy><enabled>true</enabled><averageBandwidth>8000</averageBandwidth></shapingPolicy></computedPolicy><spec><name>VM Network</name><vswitchName>vSwitch0</vswitchName></spec></HostPortGroup>';

  expect(facts("HostSystem", { "config.network.pnic": pnics, "config.network.portgroup": portgroups })).toMatchObject({
    pnics: [
      { key: "key-vim.host.PhysicalNic-vmnic0", device: "vmnic0", mac: "aa:bb:cc:00:00:01", bytesPerSecond: 1.25e9 },
      { device: "vmnic1", bytesPerSecond: 0 },
    ],
    portgroups: [
      {
        name: "VM Network",
        switch: "vSwitch0",
        fromGuest: { averageBytesPerSecond: 1000, peakBytesPerSecond: undefined, burstBytes: undefined },
        security: { forged_transmits: true },
      },
    ],
  });
});

test("subclasses are read as their class, and what nobody asked for is left out", () => {
  expect(update("VmwareDistributedVirtualSwitch", { name: ">dvs" })).toMatchObject({
    kind: "DistributedVirtualSwitch",
    facts: { name: "dvs" },
  });
  expect(update("ClusterComputeResource", { name: ">c" })?.kind).toBe("ComputeResource");
  expect(update("Datastore", { name: ">d" })).toBeUndefined();
  expect(update("VirtualMachine", { "config.notes": ">private" })?.facts).toEqual({});
  expect(update("VirtualMachine", {}, "xsi", "leave")?.change).toBe("left");
});

test("a property that went away is unknown again", () => {
  const [element] = elementsOf(
    '<objectSet><kind>modify</kind><obj type="VirtualMachine">vm-1</obj><changeSet><name>snapshot.currentSnapshot</name><op>remove</op></changeSet></objectSet>',
    "objectSet",
  );

  expect(element && parseObjectUpdate(element)).toMatchObject({ change: "modified", facts: { snapshot: undefined } });
});

test("privileges for want of which facts are missing are named", () => {
  const [element] = elementsOf(
    '<objectSet><kind>enter</kind><obj type="HostSystem">h</obj><missingSet><path>config.network.pnic</path><fault><fault xsi:type="NoPermission" xmlns:xsi="x"><object type="HostSystem">h</object><privilegeId>System.Read</privilegeId></fault><localizedMessage>no</localizedMessage></fault></missingSet></objectSet>',
    "objectSet",
  );

  expect(element && parseObjectUpdate(element)?.missing).toEqual([
    { path: "config.network.pnic", privilege: "System.Read" },
  ]);
});

const document =
  '<?xml version="1.0" encoding="UTF-8"?><e:E xmlns:e="u"><x a="ü&amp;b">ä🎉&lt;&#x1F600;</x><y/><x><z>1</z></x></e:E>';

test("pieces may end anywhere", () => {
  const whole = elementsOf(document, "x");

  expect(whole[0]?.text).toBe("ä🎉<😀");
  for (let length = 1; length < 20; length++) expect(elementsOf(document, "x", length)).toEqual(whole);
});

test.each([
  ["a document type", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', /document type/],
  ["an entity of one's own", "<x>&a;</x>", /entity/],
  ["a hundred levels", "<x>".repeat(101), /100 deep/],
  ["an end in the middle", "<x><y>", /unclosed|end of the/],
  ["no XML", "Service unavailable", /./],
])("%s is refused", (_, text, message) => {
  expect(() => elementsOf(text, "x")).toThrow(message);
});
