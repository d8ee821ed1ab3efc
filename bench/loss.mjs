import { setTimeout as sleep } from "node:timers/promises";
import { startExporter, total } from "./exporter.mjs";
import { countRequests, TARGET } from "./lab.mjs";

const runs = [
  { rate: 50_000, seconds: 10, quickSeconds: 2, dropEvery: 0 },
  { rate: 100_000, seconds: 5, quickSeconds: 1, dropEvery: 0 },
  { rate: 50_000, seconds: 5, quickSeconds: 1, dropEvery: 1000 },
];

/** So seldom that nothing more is sent while the last verdicts come in. */
const ALMOST_NEVER = 0.0001;
const VERDICT_SECONDS = 1.5;

/** One path at a high rate. What we call lost must be what nftables dropped, and every snapshot must balance. */
export async function measureLoss({ wire, program, quick }) {
  const rows = [];
  for (const { rate, dropEvery, ...run } of runs) {
    const seconds = quick ? run.quickSeconds : run.seconds;
    const { snapshots, last, counted, reached } = await flood(wire, program, { rate, dropEvery, seconds });
    const unbalanced = snapshots.filter((s) => s.sent !== s.received + s.lost + s.void + s.inFlight).length;
    const agrees = last.lost === counted.dropped && last.sent - last.sendErrors === counted.seen;
    const dropping = dropEvery === 0 ? "" : `, 1 of ${dropEvery} dropped`;
    rows.push({
      what: `own loss, ${rate.toLocaleString("en")}/s for ${seconds} s${dropping}`,
      ours: `${last.lost} lost, ${last.void} void of ${last.sent}; ${Math.round(reached / 1000)}k/s, ${last.skipped} slots skipped; ${unbalanced} of ${snapshots.length} snapshots unbalanced`,
      peer: `nft: ${counted.dropped} dropped of ${counted.seen}`,
      target: "lost = dropped, 0 void, balanced",
      met: agrees && last.void === 0 && last.inFlight === 0 && unbalanced === 0,
    });
  }
  return rows;
}

async function flood(wire, program, { rate, dropEvery, seconds }) {
  const path = { target: TARGET, sizes: [64], rate };
  const count = countRequests(wire, dropEvery);
  const exporter = await startExporter(program, [path], { collectors: false });
  const read = async () => snapshotOf((await exporter.get("/metrics")).body.toString());
  const snapshots = [await read()];
  for (let second = 0; second < seconds; second++) {
    await sleep(1000);
    snapshots.push(await read());
  }
  exporter.reload([{ ...path, rate: ALMOST_NEVER }]);
  await sleep(VERDICT_SECONDS * 1000);
  const last = await read();
  const counted = count();
  await exporter.stop();
  const [from, to] = [snapshots[0], snapshots[seconds]];
  const reached = (to.sent - from.sent) / (to.atSeconds - from.atSeconds);
  return { snapshots: [...snapshots, last], last, counted, reached };
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
