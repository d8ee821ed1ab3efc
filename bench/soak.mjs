import { setTimeout as sleep } from "node:timers/promises";
import { startExporter } from "./exporter.mjs";
import { countRequests, targetAddresses } from "./lab.mjs";
import { memoryBytes } from "./process.mjs";
import { count, verdict } from "./table.mjs";

const PATHS = 1000;
const RATE = 10;
const SCRAPE_SECONDS = 5;
const RELOAD_SECONDS = 30;
/** Some loss, so that its books are kept as well. */
const DROP_EVERY = 100;
const full = { seconds: 600 };
const quick = { seconds: 60 };
/** Of a thousand paths, so many go and as many others come with each reload, and one changes its rate. */
const CHANGED = 10;

/**
 * @typedef {object} Soak
 * @property {number} seconds
 * @property {number} reloads
 * @property {number} scrapes
 * @property {number} series of paths that were checked, over all scrapes
 * @property {number} unbalanced of them
 * @property {number} backwards counters of a path that stayed and became smaller
 * @property {number} sent
 * @property {number} lost
 * @property {number} voided
 * @property {number[]} residentBytes after each scrape
 */

/** A thousand paths for ten minutes, with a reload every half minute. @returns {Promise<Soak>} */
export async function measureSoak({ wire, program, quick: isQuick, progress }) {
  const { seconds } = isQuick ? quick : full;
  const addresses = targetAddresses(PATHS + CHANGED);
  const pathOf = (address, rate = RATE) => ({ target: address, rate });
  const choose = (round) => {
    const from = round % 2 === 0 ? 0 : CHANGED;
    return addresses
      .slice(from, from + PATHS)
      .map((address, i) => pathOf(address, i === 500 ? RATE + (round % 3) : RATE));
  };
  countRequests(wire, DROP_EVERY);
  const exporter = await startExporter(program, choose(0));
  const seen = new Map();
  const result = { seconds, reloads: 0, scrapes: 0, series: 0, unbalanced: 0, backwards: 0, residentBytes: [] };
  const began = performance.now();
  for (let next = SCRAPE_SECONDS; next <= seconds; next += SCRAPE_SECONDS) {
    await sleep(Math.max(0, began + next * 1000 - performance.now()));
    check((await exporter.scrape()).body.toString(), seen, result);
    result.residentBytes.push(memoryBytes(exporter.pid).resident);
    if (next % RELOAD_SECONDS !== 0 || next === seconds) continue;
    exporter.reload(choose(++result.reloads));
    progress(`${next} of ${seconds} s, ${result.unbalanced} unbalanced, ${megabytes(result.residentBytes.at(-1))}`);
  }
  await exporter.stop();
  const total = (key) => [...seen.values()].reduce((sum, path) => sum + path[key], 0);
  return { ...result, sent: total("sent"), lost: total("lost"), voided: total("void") };
}

const metrics = {
  sent: "sent_packets_total",
  received: "received_packets_total",
  lost: "lost_packets_total",
  void: "void_packets_total",
  inFlight: "in_flight_packets",
};
const lines = /^virtloss_probe_(\w+)\{path="([^"]*)"[^}]*\} (\S+)$/gm;
const keyOf = Object.fromEntries(Object.entries(metrics).map(([key, name]) => [name, key]));

/** Books every path of one scrape. */
function check(exposition, seen, result) {
  const now = new Map();
  for (const [, name, path, value] of exposition.matchAll(lines)) {
    const key = keyOf[name];
    if (key === undefined) continue;
    const counted = now.get(path) ?? { sent: 0, received: 0, lost: 0, void: 0, inFlight: 0 };
    counted[key] += Number(value);
    now.set(path, counted);
  }
  result.scrapes++;
  for (const [path, counted] of now) {
    const { sent, received, lost, void: voided, inFlight } = counted;
    const before = seen.get(path);
    result.series++;
    if (sent !== received + lost + voided + inFlight) result.unbalanced++;
    if (before && sent < before.sent && before.scrape === result.scrapes - 1) result.backwards++;
    seen.set(path, { ...counted, scrape: result.scrapes });
  }
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** @param {Soak} result */
export function soakTable(result) {
  const { residentBytes } = result;
  const [first, middle, last] = [residentBytes[0], residentBytes[residentBytes.length >> 1], residentBytes.at(-1)];
  return {
    title: `${count(PATHS)} paths x ${RATE}/s for ${result.seconds} s with ${result.reloads} reloads: sent = received + lost + void + in flight`,
    columns: [
      "scrapes",
      "paths checked",
      "unbalanced",
      "went back",
      "sent",
      "lost",
      "void",
      "memory: first",
      "middle",
      "last",
      "",
    ],
    rows: [
      [
        count(result.scrapes),
        count(result.series),
        count(result.unbalanced),
        count(result.backwards),
        count(result.sent),
        count(result.lost),
        count(result.voided),
        megabytes(first),
        megabytes(middle),
        megabytes(last),
        verdict(result.unbalanced === 0 && result.backwards === 0),
      ],
    ],
  };
}
