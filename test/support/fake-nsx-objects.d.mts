type Members = Readonly<Record<string, unknown>>;
type Managed = Members & { readonly path: string };

export function segment(id: string, members?: Members): Managed;
export function securityProfile(id: string, rateLimits: Members, members?: Members): Managed;
export function securityBinding(segmentId: string, profileId: string): Managed;
export function qosProfile(id: string, shapers: readonly Members[]): Managed;
export function qosBinding(segmentId: string, profileId: string): Managed;
export function floodProfile(id: string, limits: Members): Managed;
export function group(id: string, name: string): Managed;
export function floodBinding(groupId: string, profileId: string): Managed;
export function policy(id: string, name: string): Managed;
export function rule(policyId: string, id: string, members?: Members): Managed;
export function policyStatistics(packets: Readonly<Record<string, number | string>>): Members;
export function segmentStatistics(swsec?: Members, firewall?: Members): Members;
