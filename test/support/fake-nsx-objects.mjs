/** Objects as the policy API returns them, with the members that every one of them has. */

function managed(resourceType, path, members) {
  const id = path.slice(path.lastIndexOf("/") + 1);
  return {
    resource_type: resourceType,
    id,
    display_name: id,
    path,
    relative_path: id,
    parent_path: path.replace(/\/[^/]+\/[^/]+$/, "") || "/infra",
    unique_id: "8d0a9f2c-6a7b-4f3b-9a8f-0b8f3d5b7c11",
    marked_for_delete: false,
    overridden: false,
    _create_time: 1700000000000,
    _create_user: "admin",
    _last_modified_time: 1700000000000,
    _last_modified_user: "admin",
    _system_owned: false,
    _protection: "NOT_PROTECTED",
    _revision: 0,
    ...members,
  };
}

export const segment = (id, members) =>
  managed("Segment", `/infra/segments/${id}`, {
    type: "ROUTED",
    connectivity_path: "/infra/tier-1s/t1",
    transport_zone_path: "/infra/sites/default/enforcement-points/default/transport-zones/overlay",
    subnets: [{ gateway_address: "10.0.0.1/24", network: "10.0.0.0/24" }],
    admin_state: "UP",
    replication_mode: "MTEP",
    advanced_config: { address_pool_paths: [], hybrid: false, inter_router: false, local_egress: false },
    ...members,
  });

export const securityProfile = (id, rateLimits, members) =>
  managed("SegmentSecurityProfile", `/infra/segment-security-profiles/${id}`, {
    bpdu_filter_enable: true,
    bpdu_filter_allow: [],
    dhcp_server_block_enabled: true,
    dhcp_client_block_enabled: false,
    non_ip_traffic_block_enabled: false,
    ra_guard_enabled: true,
    rate_limits_enabled: true,
    rate_limits: { rx_broadcast: 0, tx_broadcast: 0, rx_multicast: 0, tx_multicast: 0, ...rateLimits },
    ...members,
  });

export const securityBinding = (segmentId, profileId) =>
  managed(
    "SegmentSecurityProfileBindingMap",
    `/infra/segments/${segmentId}/segment-security-profile-binding-maps/${profileId}`,
    { segment_security_profile_path: `/infra/segment-security-profiles/${profileId}` },
  );

export const qosProfile = (id, shapers) =>
  managed("QoSProfile", `/infra/qos-profiles/${id}`, {
    class_of_service: 0,
    dscp: { mode: "TRUSTED", priority: 0 },
    shaper_configurations: shapers,
  });

export const qosBinding = (segmentId, profileId) =>
  managed("SegmentQoSProfileBindingMap", `/infra/segments/${segmentId}/segment-qos-profile-binding-maps/${profileId}`, {
    qos_profile_path: `/infra/qos-profiles/${profileId}`,
  });

export const floodProfile = (id, limits) =>
  managed("DistributedFloodProtectionProfile", `/infra/flood-protection-profiles/${id}`, {
    enable_rst_spoofing: false,
    enable_syncache: false,
    ...limits,
  });

export const group = (id, name) => managed("Group", `/infra/domains/default/groups/${id}`, { display_name: name });

export const floodBinding = (groupId, profileId) =>
  managed(
    "PolicyFirewallFloodProtectionProfileBindingMap",
    `/infra/domains/default/groups/${groupId}/firewall-flood-protection-profile-binding-maps/${profileId}`,
    { profile_path: `/infra/flood-protection-profiles/${profileId}`, sequence_number: 1 },
  );

export const policy = (id, name) =>
  managed("SecurityPolicy", `/infra/domains/default/security-policies/${id}`, {
    display_name: name,
    category: "Application",
    stateful: true,
    scope: ["ANY"],
  });

export const rule = (policyId, id, members) =>
  managed("Rule", `/infra/domains/default/security-policies/${policyId}/rules/${id}`, {
    action: "DROP",
    direction: "IN_OUT",
    ip_protocol: "IPV4_IPV6",
    source_groups: ["ANY"],
    destination_groups: ["ANY"],
    services: ["ANY"],
    scope: ["ANY"],
    disabled: false,
    logged: false,
    ...members,
  });

const POINT = "/infra/sites/default/enforcement-points/default";

/** @param {Record<string, number | string>} packets by the path of the rule */
export const policyStatistics = (packets) => ({
  results: [
    {
      enforcement_point: POINT,
      statistics: {
        results: Object.entries(packets).map(([path, count]) => ({
          rule: path,
          internal_rule_id: "",
          packet_count: count,
          byte_count: 0,
          hit_count: 0,
          session_count: 0,
        })),
        result_count: Object.keys(packets).length,
      },
    },
  ],
  result_count: 1,
});

export const segmentStatistics = (swsec = {}, firewall = { rx_dropped: 0, tx_dropped: 0 }) => ({
  rx_bytes: { total: 0, dropped: 0, multicast_broadcast: 0 },
  rx_packets: { total: 0, dropped: 0, multicast_broadcast: 0 },
  tx_bytes: { total: 0, dropped: 0, multicast_broadcast: 0 },
  tx_packets: { total: 0, dropped: 0, multicast_broadcast: 0 },
  dropped_by_firewall_packets: firewall,
  nsxt_swsec: {
    rx_rate_limit_bcast_drops: 0,
    rx_rate_limit_mcast_drops: 0,
    tx_rate_limit_bcast_drops: 0,
    tx_rate_limit_mcast_drops: 0,
    spoof_guard_ipv4_drops: 0,
    ...swsec,
  },
  logical_switch_id: "5b3a2f4e-8c1d-4d7e-9f6a-1b2c3d4e5f60",
  last_update_timestamp: 1700000000000,
});
