import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startExporter } from "./exporter.mjs";
import { run } from "./lab.mjs";
import { cpuSeconds, peakBytes } from "./process.mjs";
import { median } from "./statistics.mjs";
import { count, spread, verdict } from "./table.mjs";
import { measurePeer } from "./vmware-peer.mjs";
import { startVcenter } from "./vmware-server.mjs";

const readingsProgram = fileURLToPath(new URL("vmware-readings.mjs", import.meta.url));
/** The shortest there is: a vCenter has a sample of each 20 seconds. */
const INTERVAL_SECONDS = 20;
const START_SECONDS = 180;
/** The first looks, and the first intervals of an exporter that runs for months, are compiled. */
const WARM_UP_PART = 0.4;
const WARM_UP_INTERVALS = 2;
const QUICK = { loads: [1000], looks: 20, readings: 2, scrapes: 2 };
const FULL = { loads: [1000, 5000], looks: 40, readings: 4, scrapes: 4 };

/** For a thousand machines; a block and the peer's part hold for any number. */
const limits = { fullCpu: 1000, fullBytes: 250e6, roundCpu: 500, idleCpu: 5, block: 50, ofPeer: 0.25 };

/**
 * @typedef {{ milliseconds: number, cpuMillis: number, blockedMillis?: number }} Cost
 * @typedef {{ full: Cost, idle: Cost[], rounds: Cost[], peakBytes: number, series: number }} Readings
 * @typedef {{ milliseconds: number[], cpuMillis: number[], series: number, peakBytes: number }} Scrapes
 * @typedef {{ machines: number, readings: Readings, exporter: Scrapes, peer: Scrapes | null }} Load
 */

/**
 * What it takes to read a vCenter: by the collector alone, by the exporter that is scraped, by the peer. All ask the same
 * simulator, one after the other.
 * @returns {Promise<{ loads: Load[] }>}
 */
export async function measureVmware({ program, quick, progress }) {
  const effort = quick ? QUICK : FULL;
  const loads = [];
  for (const machines of effort.loads) {
    const step = (what) => progress(`${count(machines, "machine")}: ${what}`);
    step("vCenter simulator");
    const { settings, login, stop } = await startVcenter(machines);
    step("collector");
    const readings = read(program, settings, effort);
    step("exporter");
    const exporter = await measureExporter(program, settings, machines, effort.scrapes);
    step("vmware_exporter");
    const peer = await measurePeer(login, effort.scrapes);
    await stop();
    loads.push({ machines, readings, exporter, peer });
  }
  return { loads };
}

/** @returns {Readings} */
function read(program, settings, { looks, readings }) {
  const args = [readingsProgram, program, JSON.stringify(settings), `${looks}`, `${readings}`];
  const measured = JSON.parse(run(process.execPath, args));
  return { ...measured, idle: measured.idle.slice(Math.ceil(looks * WARM_UP_PART)) };
}

/** Of the exporter with all its collectors, scraped once in each interval. @returns {Promise<Scrapes>} */
async function measureExporter(program, settings, machines, scrapes) {
  const vcenters = [{ ...settings, interval: `${INTERVAL_SECONDS}s` }];
  const { pid, scrape, stop } = await startExporter(program, [], { settings: { vcenters } });
  const known = (body) => body.toString().match(/^virtloss_vm_info\{/gm)?.length ?? 0;
  for (let waited = 0; known((await scrape()).body) < machines; waited++) {
    if (waited > START_SECONDS) throw new Error("the exporter does not tell all machines");
    await sleep(1000);
  }
  const result = { milliseconds: [], cpuMillis: [], series: 0, peakBytes: 0 };
  for (let done = -WARM_UP_INTERVALS; done < scrapes; done++) {
    const before = cpuSeconds(pid).total;
    await sleep(INTERVAL_SECONDS * 1000);
    const { body, milliseconds } = await scrape();
    if (done < 0) continue;
    result.cpuMillis.push((cpuSeconds(pid).total - before) * 1000);
    result.milliseconds.push(milliseconds);
    result.series = body.toString().match(/^[^#\n]/gm)?.length ?? 0;
  }
  result.peakBytes = peakBytes(pid);
  await stop();
  return result;
}

/** @param {{ loads: Load[] }} result */
export function vmwareTable({ loads }) {
  return {
    title: "VMware: one vCenter, a simulator; machines with 2 vCPUs and one NIC",
    columns: ["", "", "time, ms", "CPU, ms", "longest block, ms", "peak memory, MB", "series", "target", ""],
    rows: loads.flatMap(rowsOf),
  };
}

/** @param {Load} load */
function rowsOf({ machines, readings, exporter, peer }) {
  const { full, idle, rounds, peakBytes, series } = readings;
  const ifThousand = (text, met) => (machines === 1000 ? [text, verdict(met)] : ["", ""]);
  const blocks = [full, ...rounds].map(({ blockedMillis }) => blockedMillis);
  const cpu = (costs) => median(costs.map(({ cpuMillis }) => cpuMillis));
  return [
    [
      count(machines, "machine"),
      "virtloss: full configuration",
      ...costs([full]),
      megabytes(peakBytes),
      "",
      ...ifThousand(
        `under ${limits.fullCpu} ms CPU, ${limits.fullBytes / 1e6} MB`,
        full.cpuMillis < limits.fullCpu && peakBytes < limits.fullBytes,
      ),
    ],
    [
      ...["", "virtloss: look at changes, none", ...costs(idle), "", ""],
      ...ifThousand(`under ${limits.idleCpu} ms CPU`, cpu(idle) < limits.idleCpu),
    ],
    [
      ...["", "virtloss: whole reading, 20 s of samples", ...costs(rounds), "", count(series)],
      ...ifThousand(`under ${limits.roundCpu} ms CPU`, cpu(rounds) < limits.roundCpu),
    ],
    [
      "",
      "virtloss: longest block of all",
      "",
      "",
      spread([Math.max(...blocks)]),
      "",
      "",
      `under ${limits.block} ms`,
    ].concat(verdict(Math.max(...blocks) < limits.block)),
    ["", "virtloss serve: an interval and its scrape", ...scrapeCells(exporter), "", ""],
    ["", "vmware_exporter: a scrape", ...(peer ? scrapeCells(peer) : ["not installed", "", "", "", ""]), "", ""],
    ...(peer ? [ratioRow(exporter, peer)] : []),
  ];
}

/** @param {Cost[]} all */
function costs(all) {
  const blocks = all.flatMap(({ blockedMillis }) => blockedMillis ?? []);
  return [
    spread(all.map(({ milliseconds }) => milliseconds)),
    spread(all.map(({ cpuMillis }) => cpuMillis)),
    blocks.length === 0 ? "" : spread(blocks),
  ];
}

/** @param {Scrapes} scrapes */
function scrapeCells({ milliseconds, cpuMillis, peakBytes, series }) {
  return [spread(milliseconds), spread(cpuMillis), "", megabytes(peakBytes), count(series)];
}

function ratioRow(exporter, peer) {
  const time = median(exporter.milliseconds) / median(peer.milliseconds);
  const cpu = median(exporter.cpuMillis) / median(peer.cpuMillis);
  return [
    ...["", "virtloss serve / vmware_exporter", time.toFixed(3), cpu.toFixed(3), "", "", ""],
    ...[`at most ${limits.ofPeer}`, verdict(time <= limits.ofPeer && cpu <= limits.ofPeer)],
  ];
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
