import { nsx } from "../../../src/collectors/nsx/index.ts";
import * as objects from "../../support/fake-nsx-objects.mjs";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { createNsxLab, POLICIES, readOnce } from "./support.ts";

const lab = createNsxLab();
afterAll(() => lab.stop());

test("limits, drops, flood protection and firewall rules of a manager become series", async () => {
  const manager = await lab.start();
  manager.objects = [
    objects.segment("web", { display_name: "Web-Tier" }),
    objects.segment("db", { display_name: "DB-Tier" }),
    objects.securityProfile("storm", { rx_broadcast: 1000, tx_multicast: 50 }),
    objects.securityBinding("web", "storm"),
    objects.qosProfile("silver", [
      {
        resource_type: "IngressRateLimiter",
        enabled: true,
        average_bandwidth: 30,
        peak_bandwidth: 60,
        burst_size: 750000,
      },
      { resource_type: "EgressRateLimiter", enabled: true, average_bandwidth: 100, peak_bandwidth: 0, burst_size: 0 },
      {
        resource_type: "IngressBroadcastRateLimiter",
        enabled: true,
        average_bandwidth: 3000,
        peak_bandwidth: 6000,
        burst_size: 75000,
      },
    ]),
    objects.qosBinding("db", "silver"),
    objects.floodProfile("flood", { icmp_active_flow_limit: 100, tcp_half_open_conn_limit: 5000 }),
    objects.group("vms", "Production VMs"),
    objects.floodBinding("vms", "flood"),
    objects.policy("app", "Application"),
    objects.rule("app", "deny", { rule_id: 2001, display_name: "Deny all" }),
    objects.rule("app", "allow", { rule_id: 2002, action: "ALLOW" }),
    objects.rule("app", "refuse", { rule_id: 2003, action: "REJECT" }),
    objects.rule("app", "off", { rule_id: 2004, disabled: true }),
  ];
  manager.statistics.set(
    "/infra/segments/web",
    objects.segmentStatistics({ rx_rate_limit_bcast_drops: 17 }, { rx_dropped: 4, tx_dropped: 0 }),
  );
  manager.statistics.set("/infra/segments/db", objects.segmentStatistics({ spoof_guard_ipv4_drops: 3 }));
  manager.statistics.set(
    `${POLICIES}/app`,
    objects.policyStatistics({
      [`${POLICIES}/app/rules/deny`]: 42,
      [`${POLICIES}/app/rules/allow`]: 9000,
      [`${POLICIES}/app/rules/refuse`]: 0,
    }),
  );

  const { series, notes } = await readOnce(lab.open(manager));

  // One question for each of nine lists, although the last page has a cursor too.
  expect(manager.asked.filter((question) => question.includes("/search/"))).toHaveLength(9);

  const limit = (network: string, direction: string, traffic: string) =>
    `source="segment",network="${network}",switch="",direction="${direction}",vm="",vm_uuid="",mac="",device="",traffic="${traffic}"`;
  const drops = (network: string, direction: string, cause: string) =>
    `virtloss_nsx_segment_drops_total{server="nsx-a",network="${network}",direction="${direction}",cause="${cause}"}`;
  expect(notes).toEqual([]);
  expect(series).toEqual({
    'virtloss_nsx_info{server="nsx-a",version="4.2.1.0.0.24304122"}': 1,
    'virtloss_nsx_segments{server="nsx-a"}': 2,
    [`virtloss_network_limit_packets_per_second{${limit("Web-Tier", "from_guest", "broadcast")}}`]: 1000,
    [`virtloss_network_limit_packets_per_second{${limit("Web-Tier", "to_guest", "multicast")}}`]: 50,
    [`virtloss_network_limit_bytes_per_second{${limit("DB-Tier", "from_guest", "")}}`]: 3_750_000,
    [`virtloss_network_limit_peak_bytes_per_second{${limit("DB-Tier", "from_guest", "")}}`]: 7_500_000,
    [`virtloss_network_limit_burst_bytes{${limit("DB-Tier", "from_guest", "")}}`]: 750_000,
    [`virtloss_network_limit_bytes_per_second{${limit("DB-Tier", "to_guest", "")}}`]: 12_500_000,
    [`virtloss_network_limit_bytes_per_second{${limit("DB-Tier", "from_guest", "broadcast")}}`]: 375_000,
    [`virtloss_network_limit_peak_bytes_per_second{${limit("DB-Tier", "from_guest", "broadcast")}}`]: 750_000,
    [`virtloss_network_limit_burst_bytes{${limit("DB-Tier", "from_guest", "broadcast")}}`]: 75_000,
    'virtloss_nsx_flood_limit_flows{server="nsx-a",profile="flood",flows="icmp"}': 100,
    'virtloss_nsx_flood_limit_flows{server="nsx-a",profile="flood",flows="tcp_half_open"}': 5000,
    'virtloss_nsx_flood_protection_info{server="nsx-a",profile="flood",group="Production VMs"}': 1,
    'virtloss_nsx_firewall_rule_info{server="nsx-a",policy="Application",rule_id="2001",rule="Deny all",action="drop"}': 1,
    'virtloss_nsx_firewall_rule_info{server="nsx-a",policy="Application",rule_id="2003",rule="refuse",action="reject"}': 1,
    'virtloss_nsx_firewall_rule_dropped_packets_total{server="nsx-a",policy="Application",rule_id="2001"}': 42,
    'virtloss_nsx_firewall_rule_dropped_packets_total{server="nsx-a",policy="Application",rule_id="2003"}': 0,
    [drops("Web-Tier", "from_guest", "rate_limit_broadcast")]: 17,
    [drops("Web-Tier", "from_guest", "rate_limit_multicast")]: 0,
    [drops("Web-Tier", "to_guest", "rate_limit_broadcast")]: 0,
    [drops("Web-Tier", "to_guest", "rate_limit_multicast")]: 0,
    [drops("Web-Tier", "from_guest", "firewall")]: 4,
    [drops("Web-Tier", "to_guest", "firewall")]: 0,
    [drops("DB-Tier", "from_guest", "firewall")]: 0,
    [drops("DB-Tier", "to_guest", "firewall")]: 0,
    [drops("DB-Tier", "", "spoof_guard")]: 3,
  });
});

test("without rules to show, no rule is asked for", async () => {
  const manager = await lab.start();
  manager.objects = [objects.policy("app", "Application"), objects.rule("app", "deny")];

  await readOnce(lab.open(manager, { topRules: 0 }));

  expect(
    manager.asked.filter((question) => /resource_type:(Rule|SecurityPolicy)|security-policies/.test(question)),
  ).toEqual([]);
});

test("without a manager in the configuration it is absent", async () => {
  const source = nsx.open(createFixtureHost("linux-6.18-virtio"), undefined);

  await expect(readOnce(source)).rejects.toMatchObject({ name: "SourceAbsentError" });
  source.close();
});
