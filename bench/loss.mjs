import { setTimeout as sleep } from "node:timers/promises";
import { startExporter } from "./exporter.mjs";
import { total } from "./http.mjs";
import { countRequests, TARGET } from "./lab.mjs";
import { count, verdict } from "./table.mjs";

const runs = [
  { rate: 50_000, seconds: 60, quickSeconds: 3, dropEvery: 0 },
  { rate: 100_000, seconds: 10, quickSeconds: 2, dropEvery: 0 },
  { rate: 50_000, seconds: 10, quickSeconds: 2, dropEvery: 1000 },
];

/** So seldom that nothing more is sent while the last verdicts come in. */
const ALMOST_NEVER = 0.0001;
const VERDICT_SECONDS = 1.5;
/** Packets that were never sent cannot be lost: a run below this part of its rate proves little. */
const REACHED = 0.95;

/**
 * @typedef {object} LossRun
 * @property {number} rate asked for, in packets per second
 * @property {number} perSecond sent while it ran
 * @property {number} seconds
 * @property {number} dropEvery 0 where nothing is dropped
 * @property {Snapshot} last after the last verdict
 * @property {{ seen: number, dropped: number }} counted by nftables at the target
 * @property {number} snapshots of /metrics that were checked
 * @property {number} unbalanced of them
 *
 * @typedef {{ sent: number, received: number, lost: number, void: number, inFlight: number, sendErrors: number, skipped: number }} Snapshot
 */

/** One path at a high rate. @returns {Promise<{ runs: LossRun[] }>} */
export async function measureLoss({ wire, program, quick, progress }) {
  const results = [];
  for (const { rate, dropEvery, seconds: full, quickSeconds } of runs) {
    const seconds = quick ? quickSeconds : full;
    progress(`${count(rate)}/s for ${seconds} s`);
    results.push({ rate, dropEvery, seconds, ...(await flood(wire, program, { rate, dropEvery, seconds })) });
  }
  return { runs: results };
}

/** @param {{ runs: LossRun[] }} result */
export function lossTable({ runs }) {
  return {
    title: `Own loss: lost = what nftables dropped, 0 void, every snapshot balanced, at least ${REACHED * 100} % of the rate sent`,
    columns: ["", "sent", "lost", "void", "slots skipped", "nft: seen", "dropped", "unbalanced snapshots", ""],
    rows: runs.map((run) => {
      const { rate, seconds, dropEvery, perSecond, last, counted } = run;
      return [
        `${count(rate)}/s for ${seconds} s${dropEvery === 0 ? "" : `, 1 of ${count(dropEvery)} dropped`}`,
        `${count(last.sent)}, ${count(Math.round(perSecond))}/s`,
        count(last.lost),
        count(last.void),
        count(last.skipped),
        count(counted.seen),
        count(counted.dropped),
        `${run.unbalanced} of ${run.snapshots}`,
        verdict(isMet(run)),
      ];
    }),
  };
}

/** @param {LossRun} run */
function isMet({ rate, perSecond, last, counted, unbalanced }) {
  const agrees = last.lost === counted.dropped && last.sent - last.sendErrors === counted.seen;
  return agrees && last.void === 0 && last.inFlight === 0 && unbalanced === 0 && perSecond >= REACHED * rate;
}

async function flood(wire, program, { rate, dropEvery, seconds }) {
  const path = { target: TARGET, sizes: [64], rate };
  const requests = countRequests(wire, dropEvery);
  const exporter = await startExporter(program, [path], { collectors: false });
  const read = async () => snapshotOf((await exporter.scrape()).body.toString());
  const snapshots = [await read()];
  for (let second = 0; second < seconds; second++) {
    await sleep(1000);
    snapshots.push(await read());
  }
  exporter.reload([{ ...path, rate: ALMOST_NEVER }]);
  await sleep(VERDICT_SECONDS * 1000);
  const last = await read();
  const counted = requests();
  await exporter.stop();
  const [from, to] = [snapshots[0], snapshots[seconds]];
  const all = [...snapshots, last];
  const balanced = all.filter((s) => s.sent === s.received + s.lost + s.void + s.inFlight);
  return {
    perSecond: (to.sent - from.sent) / (to.atSeconds - from.atSeconds),
    last,
    counted,
    snapshots: all.length,
    unbalanced: all.length - balanced.length,
  };
}

function snapshotOf(exposition) {
  const value = (name) => total(exposition, `virtloss_probe_${name}`);
  return {
    atSeconds: performance.now() / 1000,
    sent: value("sent_packets_total"),
    received: value("received_packets_total"),
    lost: value("lost_packets_total"),
    void: value("void_packets_total"),
    inFlight: value("in_flight_packets"),
    sendErrors: value("send_errors_total"),
    skipped: total(exposition, "virtloss_prober_late_sends_total"),
  };
}
