/** The program and its peers, each probing the same targets at the same rate until it is stopped. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startExporter, temporaryFolder, untilHealthy } from "./exporter.mjs";
import { answers, get } from "./http.mjs";
import { installed, run, start, stop } from "./lab.mjs";

/** Bytes of the ICMP message, and of its data: the header has 8. */
export const MESSAGE_BYTES = 64;
const DATA_BYTES = MESSAGE_BYTES - 8;

/**
 * @typedef {object} Prober
 * @property {string} title
 * @property {(addresses: string[], rate: number, warmUpSeconds: number) => Promise<Running>} start
 *   `rate` is packets per second to each address; it runs steadily when this returns
 * @property {number} [mostPackets] it ends by itself after so many
 *
 * @typedef {object} Running
 * @property {number} pid
 * @property {() => Promise<void>} stop
 * @property {(headers?: object) => Promise<{ body: Buffer, milliseconds: number }>} [scrape] of an exporter
 */

/** Those that are there, by key. @returns {Record<string, Prober>} */
export function findProbers(program) {
  const found = {
    virtloss: virtloss(program),
    fping: fping("spread"),
    fpingBursts: fping("bursts"),
    floor: floor(),
    smokeping: smokeping(),
  };
  return Object.fromEntries(Object.entries(found).filter(([, prober]) => prober !== undefined));
}

/** What the peers are called where they are missing. */
export const peerTitles = {
  fping: "fping",
  fpingBursts: "fping in bursts",
  floor: "C floor",
  smokeping: "smokeping_prober",
};

/**
 * Node compiles what has run often, which takes minutes at a low rate; an exporter runs for months and is judged by how it
 * runs then. So it first probes faster, but not so that it works with larger batches than it ever will.
 */
const WARM_UP_HASTE = 10;
const WARM_UP_PER_SECOND = 10_000;
const WARM_UP_PART = 0.6;

function virtloss(program) {
  return {
    title: "virtloss",
    async start(addresses, rate, warmUpSeconds) {
      const paths = (rate) => addresses.map((target) => ({ target, rate, sizes: [MESSAGE_BYTES] }));
      const haste = Math.max(1, Math.min(WARM_UP_HASTE, WARM_UP_PER_SECOND / (rate * addresses.length)));
      const exporter = await startExporter(program, paths(rate * haste), { collectors: false });
      await sleep(warmUpSeconds * WARM_UP_PART * 1000);
      exporter.reload(paths(rate));
      await sleep(warmUpSeconds * (1 - WARM_UP_PART) * 1000);
      return exporter;
    },
  };
}

/** The project's own C program; undefined where there is no compiler. */
function floor() {
  if (!installed("cc")) return undefined;
  const binary = join(temporaryFolder(), "floor");
  run("cc", ["-O2", "-o", binary, fileURLToPath(new URL("floor.c", import.meta.url))]);
  return {
    title: peerTitles.floor,
    async start(addresses, rate, warmUpSeconds) {
      const child = start(binary, [`${rate * addresses.length}`, "0", ...addresses]);
      await sleep(warmUpSeconds * 1000);
      return { pid: child.pid, stop: () => stop(child) };
    },
    /** @returns its own count and RTT of one target */
    probe: (address, rate, seconds) => JSON.parse(run(binary, [`${rate}`, `${seconds}`, address])),
  };
}

/** What fping sleeps over each -i: the kernel's timer slack of 50 µs, and its own time for a packet. */
const FPING_LAG_MILLIS = 0.08;
const SHORTEST_SLEEP_MILLIS = 0.02;
/** A sequence number has 16 bits and is its own for 10 s: at more than 6,500 packets/s fping runs out of them, and gives up. */
const FPING_NUMBERS = 65_000;
/** So short that it does not sleep between targets. */
const NO_SLEEP_MILLIS = 0.001;

/** @param {"spread" | "bursts"} pattern over the period, as the others send; or all targets at once, then rest */
function fping(pattern) {
  if (!installed("fping")) return undefined;
  return {
    title: `fping ${version("fping", "-v")}${pattern === "bursts" ? " in bursts" : ""}`,
    mostPackets: FPING_NUMBERS,
    async start(addresses, rate, warmUpSeconds) {
      const period = 1000 / rate;
      const spread = Math.max(SHORTEST_SLEEP_MILLIS, period / addresses.length - FPING_LAG_MILLIS);
      const pace = ["-p", `${period}`, "-i", `${pattern === "bursts" ? NO_SLEEP_MILLIS : spread}`];
      const child = start("fping", ["-q", "-l", "-b", `${DATA_BYTES}`, ...pace, ...addresses], { stdio: "ignore" });
      await sleep(warmUpSeconds * 1000);
      return { pid: child.pid, stop: () => stop(child, "SIGKILL") };
    },
  };
}

const SMOKEPING_PORT = 9374;
/** It starts its hosts one by one, over an interval. */
const STAGGER_SECONDS = 1;

function smokeping() {
  // Debian's name, and the project's own.
  const command = ["prometheus-smokeping-prober", "smokeping_prober"].find(installed);
  if (command === undefined) return undefined;
  const file = join(temporaryFolder(), "smokeping.json");
  return {
    title: `smokeping_prober ${version(command, "--version")}`,
    async start(hosts, rate, warmUpSeconds) {
      // "udp" is its word for ICMP datagram sockets: with raw ones each of its sockets reads every reply.
      const group = { hosts, interval: `${1000 / rate}ms`, network: "ip4", protocol: "udp", size: DATA_BYTES };
      writeFileSync(file, JSON.stringify({ targets: [group] }));
      const listen = `--web.listen-address=127.0.0.1:${SMOKEPING_PORT}`;
      const child = start(command, [`--config.file=${file}`, listen, "--log.level=warn"]);
      await untilHealthy(child, command, () => answers(SMOKEPING_PORT, "/metrics"));
      await sleep((STAGGER_SECONDS + warmUpSeconds) * 1000);
      return { pid: child.pid, stop: () => stop(child), scrape: (headers) => get(SMOKEPING_PORT, "/metrics", headers) };
    },
  };
}

function version(command, option) {
  const { stdout, stderr } = spawnSync(command, [option], { encoding: "utf8" });
  return (stdout + stderr).match(/\d+\.\d+(\.\d+)?/)?.[0] ?? "";
}
