import { fileURLToPath } from "node:url";
import { installed, run, TARGET } from "./lab.mjs";
import { median, spread } from "./table.mjs";

const blockedMain = fileURLToPath(new URL("../test/support/blocked-main.mjs", import.meta.url));
const BLOCKED_P99_MICROS = 20;

/** Round trip over a quiet wire, whose true time is that of two interrupts: what is more is the prober's own. */
export function measureRtt({ program, quick }) {
  const count = quick ? 150 : 1000;
  const peer = installed("ping");
  const ours = [];
  const theirs = [];
  const blocked = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    ours.push(probe(program, count));
    if (peer) theirs.push(ping(count));
    blocked.push(probeWithBlockedMain(program));
  }
  const p50 = ours.map((result) => result.p50);
  const p99 = ours.map((result) => result.p99);
  const ratio = peer ? median(p50) / median(theirs) : undefined;
  return [
    {
      what: "RTT, quiet wire, 100/s",
      ours: `p50 ${spread(p50, "µs")}, p99 ${spread(p99, "µs")}`,
      peer: peer ? `ping mean ${spread(theirs, "µs")}` : "ping is not installed",
      ratio,
      target: "p50 below ping's mean",
      met: ratio === undefined ? undefined : ratio < 1,
    },
    {
      what: "RTT, main thread blocked half the time",
      ours: `p99 ${spread(blocked, "µs")}`,
      target: `p99 below ${BLOCKED_P99_MICROS} µs`,
      met: median(blocked) < BLOCKED_P99_MICROS,
    },
  ];
}

function probe(program, count) {
  const args = [program, "probe", TARGET, "--count", `${count}`, "--rate", "100", "--json"];
  const { rttSeconds } = JSON.parse(run(process.execPath, args));
  return { p50: rttSeconds.p50 * 1e6, p99: rttSeconds.p99 * 1e6 };
}

/** @returns mean in microseconds; ping knows no quantiles */
function ping(count) {
  const summary = run("ping", ["-q", "-i", "0.01", "-s", "56", "-c", `${count}`, TARGET]);
  const mean = summary.match(/= [\d.]+\/([\d.]+)\//)?.[1];
  if (mean === undefined) throw new Error(`ping printed no summary:\n${summary}`);
  return Number(mean) * 1000;
}

function probeWithBlockedMain(program) {
  const engine = fileURLToPath(new URL("prober/engine.js", `file://${program}`));
  return JSON.parse(run(process.execPath, [blockedMain, engine, TARGET])).p99 * 1e6;
}
