import { ServerError } from "../../kernel/host.ts";
import { type AnySample, sample } from "../../metrics/define.ts";
import type { MonotonicMs } from "../reading.ts";
import { createAttempts } from "./attempts.ts";
import { countRules } from "./firewall.ts";
import { createOwnLists, type Inventory, openInventory } from "./inventory.ts";
import { clean, type Json, textAt } from "./json.ts";
import { createManager, type Manager, policyUrl } from "./manager.ts";
import { nsxMetrics as m } from "./metrics.ts";
import type { NsxOptions } from "./options.ts";
import { lastPartOf, parseNamed, parsePolicyStatistics, type Rule, type RuleCount } from "./parse.ts";
import { floodSamples, profilesBy, ruleSamples, segmentDropSamples, segmentLimitSamples } from "./samples.ts";
import { parseSegmentStatistics, type SegmentDrops } from "./segment-statistics.ts";
import type { NsxSession } from "./session.ts";
import { createTopRules } from "./top-rules.ts";
import { createTurns, type Round } from "./turns.ts";

/** One reading of a manager. @throws ServerError where it lets us read nothing, or stopped answering */
export type ReadManager = (round: Round) => Promise<AnySample[]>;

/** For what is asked for one by one. All of it together is less than a reading may take. */
const SEGMENTS_MS = 40_000;
const OTHERS_MS = 12_000;
const POLICIES_AT_ONCE = 200;
const GROUPS_AT_ONCE = 50;

/** @param of what kind of thing @throws ServerError */
async function readStatistics<T>(
  manager: Manager,
  path: string,
  of: string,
  parse: (answer: Json) => T | undefined,
): Promise<T> {
  const url = policyUrl(`${path}/statistics`);
  const found = parse(await manager.object(url, `statistics of ${of}`));
  if (found) return found;
  throw new ServerError("answer", `${url}: expected statistics, found another object`);
}

/** Keeps what is asked for in turns from one reading to the next. */
export function createReader(session: NsxSession, options: NsxOptions, monotonicMs: MonotonicMs): ReadManager {
  const { name: server, segmentsAtOnce, topRules } = options;
  const others = { timeMs: OTHERS_MS, monotonicMs };
  const own = createOwnLists({ atOnce: segmentsAtOnce, ...others });
  const groupNames = createTurns<string>({ kind: "groups", atOnce: GROUPS_AT_ONCE, ...others });
  const counts = createTurns<readonly RuleCount[]>({
    kind: "statistics of security policies",
    atOnce: POLICIES_AT_ONCE,
    ...others,
  });
  const drops = createTurns<readonly SegmentDrops[]>({
    kind: "statistics of segments",
    atOnce: segmentsAtOnce,
    timeMs: SEGMENTS_MS,
    monotonicMs,
  });
  const top = createTopRules<Rule>(topRules);

  async function readVersion(manager: Manager): Promise<AnySample[]> {
    const answer = await manager.object("/api/v1/node/version", "version");
    const version = textAt(answer, "product_version") ?? textAt(answer, "node_version");
    return version === undefined ? [] : [sample(m.info, { server, version: clean(version) }, 1)];
  }

  async function readFlood(manager: Manager, inventory: Inventory, round: Round): Promise<AnySample[]> {
    const profiles = await inventory.floodProfiles();
    const bindings = await inventory.floodBindings();
    const groups = [...new Set(bindings.map(({ of }) => of))];
    const ask = async (path: string) => {
      return parseNamed(await manager.object(policyUrl(path), "groups"))?.name ?? lastPartOf(path);
    };
    return floodSamples(server, profiles, bindings, await groupNames.read(groups, () => false, ask, round));
  }

  async function readRules(manager: Manager, inventory: Inventory, round: Round): Promise<AnySample[]> {
    if (topRules === 0) return [];
    const policies = await inventory.policies();
    const rules = await inventory.rules(policies);
    const paths = [...new Set(rules.map(({ policy }) => policy))];
    const ask = (path: string) => readStatistics(manager, path, "security policies", parsePolicyStatistics);
    const byPolicy = await counts.read(paths, () => false, ask, round);
    return ruleSamples(server, top.choose(countRules(rules, byPolicy)), policies);
  }

  return async (round) => {
    const { signal, note } = round;
    const attempt = createAttempts(signal, note);
    const manager = createManager(session, signal, note);

    const inventory = await openInventory(manager, own, round);
    const { segments } = inventory;
    const samples: AnySample[] = [sample(m.segments, { server }, segments.length)];
    samples.push(...(await attempt(() => readVersion(manager), [])));
    const limits = profilesBy(
      [...(await attempt(inventory.securityProfiles, [])), ...(await attempt(inventory.qosProfiles, []))],
      [...(await attempt(inventory.securityBindings, [])), ...(await attempt(inventory.qosBindings, []))],
    );
    samples.push(...segmentLimitSamples(segments, limits));
    samples.push(...(await attempt(() => readFlood(manager, inventory, round), [])));
    samples.push(...(await attempt(() => readRules(manager, inventory, round), [])));

    // Shapers have no counter here: what they drop is in the machines' own.
    const isLimited = (path: string) =>
      limits.get(path)?.some((profile) => profile.limits.some((limit) => limit.packetsPerSecond !== undefined)) ??
      false;
    const paths = segments.map(({ path }) => path);
    const ask = (path: string) => readStatistics(manager, path, "segments", parseSegmentStatistics);
    const known = await drops.read(paths, isLimited, ask, round);
    samples.push(...segmentDropSamples(server, segments, known, isLimited));
    return samples;
  };
}
