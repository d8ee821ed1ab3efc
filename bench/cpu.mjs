import { setTimeout as sleep } from "node:timers/promises";
import { countRequests, targetAddresses } from "./lab.mjs";
import { peerTitles } from "./probers.mjs";
import { cpuSeconds, memoryBytes } from "./process.mjs";
import { median, ratios } from "./statistics.mjs";
import { count, figure, spread, spreadOfRatio, verdict } from "./table.mjs";

/** `atMost`: what our cost may be of each peer's. */
const loads = [
  { targets: 1000, rate: 10, atMost: { fping: 0.8, floor: 1.2, smokeping: 0.25 } },
  { targets: 1000, rate: 1, atMost: { fping: 0.6 } },
  { targets: 100, rate: 10, atMost: { fping: 0.6 } },
];

const WARM_UP_SECONDS = { virtloss: 10, other: 1 };
const WINDOW_SECONDS = 7;
const QUICK = { virtloss: 3, other: 0.5, window: 2 };

/**
 * @typedef {{ total: number, user: number, system: number, perSecond: number, residentBytes: number }} Cost
 *   CPU in microseconds per probe
 * @typedef {{ loads: { targets: number, rate: number, turns: Record<string, Cost>[] }[] }} CpuResult
 */

/** CPU of the whole process, user and system, per packet that arrived at the target, once it runs steadily. */
export async function measureCpu({ wire, probers, quick, progress }) {
  const turns = quick ? 1 : 5;
  const results = [];
  for (const { targets, rate } of loads) {
    const result = { targets, rate, turns: [] };
    for (let turn = 0; turn < turns; turn++) {
      const costs = {};
      for (const [key, prober] of inTurn(Object.entries(probers), turn)) {
        progress(`${nameOf(result)}, turn ${turn + 1} of ${turns}: ${prober.title}`);
        costs[key] = await costOf(prober, { wire, targets, rate, seconds: secondsOf(key, quick) });
      }
      result.turns.push(costs);
    }
    results.push(result);
  }
  return { loads: results };
}

function secondsOf(key, quick) {
  const warmUp = quick ? QUICK : WARM_UP_SECONDS;
  return { warmUp: warmUp[key] ?? warmUp.other, window: quick ? QUICK.window : WINDOW_SECONDS };
}

/** Nobody is always the first, or always behind the same one. */
function inTurn(entries, turn) {
  const from = turn % entries.length;
  return [...entries.slice(from), ...entries.slice(0, from)];
}

/** Parts of a run that ends by itself; the rest is for its start. */
const SHORT_RUN = { warmUp: 0.3, window: 0.6 };

/** @returns {Promise<Cost>} */
async function costOf(prober, { wire, targets, rate, seconds }) {
  const lasts = (prober.mostPackets ?? Number.POSITIVE_INFINITY) / (targets * rate);
  const warmUp = Math.min(seconds.warmUp, lasts * SHORT_RUN.warmUp);
  const running = await prober.start(targetAddresses(targets), rate, warmUp);
  const cost = await steadyCost(wire, running.pid, Math.min(seconds.window, lasts * SHORT_RUN.window));
  await running.stop();
  return cost;
}

/** What a running prober uses over some seconds. @returns {Promise<Cost>} */
export async function steadyCost(wire, pid, seconds) {
  const requests = countRequests(wire);
  const begun = performance.now();
  const before = cpuSeconds(pid);
  await sleep(seconds * 1000);
  const after = cpuSeconds(pid);
  const lasted = (performance.now() - begun) / 1000;
  const packets = requests().seen;
  const perPacket = (part) => ((after[part] - before[part]) / packets) * 1e6;
  return {
    total: perPacket("total"),
    user: perPacket("user"),
    system: perPacket("system"),
    perSecond: packets / lasted,
    residentBytes: memoryBytes(pid).resident,
  };
}

function nameOf({ targets, rate }) {
  return `${count(targets)} targets x ${rate}/s`;
}

/** @param {CpuResult} result @param {Record<string, string>} titles of the probers that ran */
export function cpuTable(result, titles) {
  const rows = result.loads.flatMap((load) => [
    rowOf(load, "virtloss", titles.virtloss),
    ...Object.keys(peerTitles).map((key) => rowOf(load, key, titles[key] ?? peerTitles[key])),
  ]);
  return {
    title: "CPU per probe: user and system time of the whole process, by packets that nftables counted at the target",
    columns: ["load", "prober", "µs per probe", "of it user", "sent", "memory", "virtloss / peer", "target", ""],
    rows,
  };
}

function rowOf(load, key, title) {
  const ours = key === "virtloss";
  const costs = load.turns.flatMap((turn) => turn[key] ?? []);
  const label = ours ? nameOf(load) : "";
  if (costs.length === 0) return [label, title, "not installed", "", "", "", "", "", ""];
  const of = (field) => costs.map((cost) => cost[field]);
  const ratio = ours
    ? undefined
    : ratios(
        load.turns.map(({ virtloss }) => virtloss.total),
        of("total"),
      );
  const most = loads.find(({ targets, rate }) => targets === load.targets && rate === load.rate)?.atMost[key];
  return [
    label,
    title,
    spread(of("total")),
    figure(median(of("user"))),
    `${Math.round((100 * median(of("perSecond"))) / (load.targets * load.rate))} %`,
    `${(Math.max(...of("residentBytes")) / 1e6).toFixed(0)} MB`,
    ratio ? spreadOfRatio(ratio) : "",
    most === undefined ? "" : `at most ${most}`,
    verdict(ratio && most !== undefined ? ratio.median <= most : undefined),
  ];
}
