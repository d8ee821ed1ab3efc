import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startExporter, temporaryFolder, untilHealthy } from "./exporter.mjs";
import { answers, get } from "./http.mjs";
import { installed, run, start, stop } from "./lab.mjs";
import { cpuSeconds, memoryBytes } from "./process.mjs";
import { median } from "./statistics.mjs";
import { count, spread, verdict } from "./table.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const fakeLibvirtd = here("../test/support/fake-libvirtd.mjs");
const PEER = "prometheus-libvirt-exporter";
const PEER_PORT = 9177;
/** The first readings describe the machines, and are compiled. */
const WARM_UP_PART = 0.4;
const MOST_BLOCKED_MILLIS = 20;
/** Of the exporter, which reads every five seconds and is scraped as often. */
const SCRAPES = 4;

/**
 * @typedef {{ milliseconds: number[], cpuMillis: number[], residentBytes?: number }} Cost of each reading
 * @typedef {Cost & { blockedMillis: number[], samples: number, firstMillis: number }} OwnCost
 * @typedef {{ machines: number, virtloss: OwnCost, virsh: Cost | null, exporter: Cost | null }} Load
 */

/**
 * What it takes to read libvirt: over its protocol, by virsh, by the peer. The daemon is one of our own, with the figures and
 * descriptions of real machines: what libvirt would take to collect them is not in it.
 * @returns {Promise<{ loads: Load[] }>}
 */
export async function measureLibvirt({ program, quick, progress }) {
  const loads = [];
  for (const machines of [1, 50, 500]) {
    progress(count(machines, "machine"));
    const socket = join(temporaryFolder(), "libvirt-sock");
    const daemon = start(process.execPath, [fakeLibvirtd, socket, `${machines}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    await once(daemon.stdout, "data");
    const uri = `qemu+unix:///system?socket=${socket}`;
    loads.push({
      machines,
      virtloss: { ...own(program, uri, quick ? 10 : 40), residentBytes: await memoryWith(program, uri, quick) },
      virsh: installed("virsh") ? virsh(uri, quick ? 3 : 10) : null,
      exporter: installed(PEER) ? await peer(uri, quick ? 3 : 10) : null,
    });
    await stop(daemon);
  }
  return { loads };
}

/** @returns {OwnCost} */
function own(program, uri, times) {
  const output = run(process.execPath, [here("libvirt-readings.mjs"), program, uri, `${times}`]);
  const readings = JSON.parse(output);
  const warm = readings.slice(Math.ceil(times * WARM_UP_PART));
  return {
    milliseconds: warm.map(({ milliseconds }) => milliseconds),
    cpuMillis: warm.map(({ cpuMillis }) => cpuMillis),
    // The first readings count here: a scrape waits for them as well.
    blockedMillis: readings.map(({ blockedMillis }) => blockedMillis),
    samples: warm[0].samples,
    firstMillis: readings[0].milliseconds,
  };
}

/** @returns bytes of the whole exporter, which also serves what it reads */
async function memoryWith(program, uri, quick) {
  const { pid, scrape, stop } = await startExporter(program, [], { settings: { libvirt: { uri } } });
  for (let done = 0; done < SCRAPES; done++) {
    await sleep(quick ? 1000 : 5000);
    await scrape({ "accept-encoding": "gzip" });
  }
  const { resident } = memoryBytes(pid);
  await stop();
  return resident;
}

/** @returns {Cost} of the statistics that we ask for; a shell tells the time of its children */
function virsh(uri, times) {
  const ask = `virsh -r -c '${uri}' domstats --raw --nowait --list-active --state --balloon --vcpu --interface >/dev/null`;
  const costs = Array.from({ length: times }, () => {
    const { stderr, status } = spawnSync("bash", ["-c", `TIMEFORMAT='%R %U %S'; time ${ask}`], { encoding: "utf8" });
    if (status !== 0) throw new Error(`virsh: ${stderr}`);
    return stderr.trim().split(" ").map(Number);
  });
  return {
    milliseconds: costs.map(([real]) => real * 1000),
    cpuMillis: costs.map(([, user, system]) => (user + system) * 1000),
  };
}

/** @returns {Promise<Cost>} of a scrape, which is when it reads */
async function peer(uri, times) {
  const child = start(PEER, [`--web.listen-address=127.0.0.1:${PEER_PORT}`, `--libvirt.uri=${uri}`]);
  await untilHealthy(child, PEER, () => answers(PEER_PORT, "/metrics"));
  const milliseconds = [];
  const cpuMillis = [];
  for (let scrape = 0; scrape < times; scrape++) {
    const before = cpuSeconds(child.pid).total;
    const answer = await get(PEER_PORT, "/metrics");
    if (!answer.body.includes("libvirt_up 1")) throw new Error(`${PEER} could not read libvirt`);
    milliseconds.push(answer.milliseconds);
    cpuMillis.push((cpuSeconds(child.pid).total - before) * 1000);
  }
  const residentBytes = memoryBytes(child.pid).resident;
  await stop(child);
  return { milliseconds, cpuMillis, residentBytes };
}

/** @param {Awaited<ReturnType<typeof measureLibvirt>>} result */
export function libvirtTable({ loads }) {
  return {
    title:
      "libvirt: one reading of all machines, each with 2 vCPUs and 3 NICs, from a daemon of our own that answers at once",
    columns: ["", "", "time, ms", "CPU, ms", "memory, MB", "longest block, ms", "target", ""],
    rows: loads.flatMap(({ machines, virtloss, virsh, exporter }) => {
      const blocked = median(virtloss.blockedMillis);
      const about = `${virtloss.samples.toLocaleString("en")} series; the first took ${virtloss.firstMillis.toFixed(0)} ms`;
      return [
        [
          count(machines, "machine"),
          "virtloss",
          ...costs(virtloss),
          spread(virtloss.blockedMillis),
          `under ${MOST_BLOCKED_MILLIS}`,
          `${verdict(blocked < MOST_BLOCKED_MILLIS)}; ${about}`,
        ],
        ["", "virsh domstats", ...costs(virsh), "", "", ""],
        ["", PEER, ...costs(exporter), "", "", ""],
      ];
    }),
  };
}

/** @param {Cost | null} cost */
function costs(cost) {
  if (!cost) return ["not installed", "", ""];
  const { milliseconds, cpuMillis, residentBytes } = cost;
  const megabytes = residentBytes === undefined ? "" : (residentBytes / 1e6).toFixed(0);
  return [spread(milliseconds), spread(cpuMillis), megabytes];
}
