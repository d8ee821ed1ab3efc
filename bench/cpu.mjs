import { setTimeout as sleep } from "node:timers/promises";
import { startExporter } from "./exporter.mjs";
import { installed, packetsArrived, start, stop, targetAddress } from "./lab.mjs";
import { cpuSeconds } from "./process.mjs";
import { median, spread } from "./table.mjs";

const settings = [
  { targets: 1000, rate: 10, atMost: 0.8 },
  { targets: 1000, rate: 1, atMost: 0.6 },
  { targets: 100, rate: 10, atMost: 0.6 },
];

/** CPU of the whole process, user and system, per packet that arrived at the target, once it runs steadily. */
export async function measureCpu({ wire, program, quick }) {
  const peer = installed("fping");
  const rows = [];
  for (const setting of settings) {
    const addresses = Array.from({ length: setting.targets }, (_, n) => targetAddress(n + 1));
    const ours = [];
    const theirs = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      ours.push(await exporterCost(wire, program, addresses, setting.rate, quick));
      if (peer) theirs.push(await fpingCost(wire, addresses, setting.rate, quick));
    }
    const cost = (results) => results.map(({ user, system }) => user + system);
    const ratio = peer ? median(cost(ours)) / median(cost(theirs)) : undefined;
    rows.push({
      what: `CPU per probe, ${setting.targets.toLocaleString("en")} targets x ${setting.rate}/s`,
      ours: `${spread(cost(ours), "µs")}, ${median(ours.map(({ user }) => user)).toFixed(1)} of it user`,
      peer: peer ? `fping ${spread(cost(theirs), "µs")}` : "fping is not installed",
      ratio,
      target: `at most ${setting.atMost} of fping's`,
      met: ratio === undefined ? undefined : ratio <= setting.atMost,
    });
  }
  return rows;
}

async function exporterCost(wire, program, addresses, rate, quick) {
  const paths = addresses.map((target) => ({ target, rate, sizes: [64] }));
  const exporter = await startExporter(program, paths, { collectors: false });
  // Node compiles what has run often, which takes a while at a low rate; a long-lived exporter is judged by how it runs then.
  await sleep(quick ? 5000 : 15_000);
  const cost = await steadyCost(wire, exporter.pid, quick);
  await exporter.stop();
  return cost;
}

async function fpingCost(wire, addresses, rate, quick) {
  const period = 1000 / rate;
  // 56 bytes of data make an ICMP message of 64; -i spreads the targets over the period.
  const args = ["-q", "-l", "-b", "56", "-p", `${period}`, "-i", `${period / addresses.length}`, ...addresses];
  const fping = start("fping", args, { stdio: "ignore" });
  await sleep(1000);
  const cost = await steadyCost(wire, fping.pid, quick);
  await stop(fping, "SIGKILL");
  return cost;
}

/** @returns {Promise<{ user: number, system: number }>} microseconds per probe */
async function steadyCost(wire, pid, quick) {
  const before = { cpu: cpuSeconds(pid), packets: packetsArrived(wire) };
  await sleep(quick ? 2000 : 8000);
  const after = { cpu: cpuSeconds(pid), packets: packetsArrived(wire) };
  const packets = after.packets - before.packets;
  const perPacket = (part) => ((after.cpu[part] - before.cpu[part]) / packets) * 1e6;
  return { user: perPacket("user"), system: perPacket("system") };
}
