import { installed, run, TARGET } from "./lab.mjs";
import { median, ratios } from "./statistics.mjs";
import { count, spread, spreadOfRatio, verdict } from "./table.mjs";

const blockMain = new URL("block-main.mjs", import.meta.url).href;
const BLOCKED_P99_MICROS = 20;
const PER_SECOND = 100;
const BLOCKED = { packets: 3000, perSecond: 1000 };

/**
 * Microseconds; null where the peer is not installed. ping knows no quantiles, so its mean stands beside our median.
 * @typedef {{ p50: number, p99: number, pingMean: number | null, floorP50: number | null, blockedP99: number }} RttTurn
 */

/**
 * Round trips over a quiet wire, whose true time is that of two interrupts: what is more is the prober's own.
 * @returns {Promise<{ turns: RttTurn[] }>}
 */
export async function measureRtt({ program, probers, quick, progress }) {
  const packets = quick ? 150 : 1000;
  const rounds = quick ? 1 : 3;
  const turns = [];
  for (let turn = 0; turn < rounds; turn++) {
    progress(`turn ${turn + 1} of ${rounds}`);
    turns.push({
      ...probe(program, packets, PER_SECOND),
      pingMean: installed("ping") ? ping(packets) : null,
      floorP50: probers.floor?.probe(TARGET, PER_SECOND, packets / PER_SECOND).rttMicros.p50 ?? null,
      blockedP99: probe(program, BLOCKED.packets, BLOCKED.perSecond, ["--import", blockMain]).p99,
    });
  }
  return { turns };
}

/** @param {{ turns: RttTurn[] }} result */
export function rttTable({ turns }) {
  const of = (key) => turns.map((turn) => turn[key]);
  const peer = (key) => (of(key).includes(null) ? "not installed" : spread(of(key)));
  const compared = !of("pingMean").includes(null);
  const below = compared && ratios(of("p50"), of("pingMean"));
  const blocked = spread(of("blockedP99"));
  return {
    title: `RTT in µs: one target, ${PER_SECOND}/s, a quiet wire without length; main thread blocked: ${count(BLOCKED.perSecond)}/s, half of the time`,
    columns: ["", "virtloss", "ping, mean", "C floor, p50", "virtloss / ping", "target", ""],
    rows: [
      ["p50", spread(of("p50")), peer("pingMean"), peer("floorP50"), ...againstPing(below)],
      ["p99", spread(of("p99")), "", "", "", "", ""],
      [
        "p99, main thread blocked",
        blocked,
        "",
        "",
        "",
        `below ${BLOCKED_P99_MICROS}`,
        verdict(median(of("blockedP99")) < BLOCKED_P99_MICROS),
      ],
    ],
  };
}

function againstPing(ratio) {
  return ratio ? [spreadOfRatio(ratio), "below 1", verdict(ratio.median < 1)] : ["", "below 1", ""];
}

/** @param {string[]} nodeOptions @returns the command's own quantiles, in microseconds */
function probe(program, count, perSecond, nodeOptions = []) {
  const args = [program, "probe", TARGET, "--count", `${count}`, "--rate", `${perSecond}`, "--json"];
  const { rttSeconds } = JSON.parse(run(process.execPath, [...nodeOptions, ...args]));
  return { p50: rttSeconds.p50 * 1e6, p99: rttSeconds.p99 * 1e6 };
}

/** @returns mean in microseconds; ping knows no quantiles */
function ping(count) {
  const summary = run("ping", ["-q", "-i", `${1 / PER_SECOND}`, "-s", "56", "-c", `${count}`, TARGET]);
  const mean = summary.match(/= [\d.]+\/([\d.]+)\//)?.[1];
  if (mean === undefined) throw new Error(`ping printed no summary:\n${summary}`);
  return Number(mean) * 1000;
}
