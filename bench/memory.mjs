import { setTimeout as sleep } from "node:timers/promises";
import { startExporter } from "./exporter.mjs";
import { targetAddresses } from "./lab.mjs";
import { memoryBytes } from "./process.mjs";
import { median, ratios } from "./statistics.mjs";
import { count, spread, spreadOfRatio, verdict } from "./table.mjs";

const RATE = 10;
const SCRAPES = 20;
const LIMIT_BYTES = 90e6;

/**
 * @typedef {{ resident: number, anonymous: number }} Memory bytes
 * @typedef {{ virtloss: Memory, smokeping: Memory | null }} MemoryTurn
 */

/**
 * Memory of whole exporters after some scrapes: ours with collectors on and four sizes a path.
 * @returns {Promise<{ loads: { targets: number, turns: MemoryTurn[] }[] }>}
 */
export async function measureMemory({ program, probers, quick, progress }) {
  const turns = quick ? 1 : 3;
  const loads = [1, 100, 1000].map((targets) => ({ targets, turns: [] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const load of loads) {
      progress(`${count(load.targets, "target")}, turn ${turn + 1} of ${turns}`);
      const addresses = targetAddresses(load.targets);
      const paths = addresses.map((target) => ({ target, rate: RATE }));
      const virtloss = await afterScrapes(await startExporter(program, paths), quick);
      const peer = await probers.smokeping?.start(addresses, RATE, 0);
      load.turns.push({ virtloss, smokeping: peer ? await afterScrapes(peer, quick) : null });
    }
  }
  return { loads };
}

/** @returns {Promise<Memory>} */
async function afterScrapes({ pid, scrape, stop }, quick) {
  for (let done = 0; done < SCRAPES; done++) {
    await scrape({ "accept-encoding": "gzip" });
    await sleep(quick ? 10 : 200);
  }
  const memory = memoryBytes(pid);
  await stop();
  return memory;
}

/** @param {Awaited<ReturnType<typeof measureMemory>>} result */
export function memoryTable({ loads }) {
  return {
    title: `Memory after ${SCRAPES} scrapes, in MB: ${RATE} packets/s to each target, collectors on, four sizes a path`,
    columns: ["", "virtloss", "of it files", "smokeping_prober", "virtloss / peer", "target", ""],
    rows: loads.map(({ targets, turns }) => {
      const ours = turns.map(({ virtloss }) => virtloss.resident);
      const files = turns.map(({ virtloss }) => virtloss.resident - virtloss.anonymous);
      const peers = turns.flatMap(({ smokeping }) => smokeping?.resident ?? []);
      const megabytes = (bytes) => spread(bytes.map((value) => value / 1e6));
      return [
        count(targets, "target"),
        megabytes(ours),
        megabytes([median(files)]),
        peers.length === 0 ? "not installed" : megabytes(peers),
        peers.length === 0 ? "" : spreadOfRatio(ratios(ours, peers)),
        `under ${LIMIT_BYTES / 1e6}`,
        verdict(median(ours) < LIMIT_BYTES),
      ];
    }),
  };
}
