import { setTimeout as sleep } from "node:timers/promises";
import { startExporter } from "./exporter.mjs";
import { targetAddress } from "./lab.mjs";
import { memoryBytes } from "./process.mjs";

const SCRAPES = 20;
const LIMIT_MB = 90;

/** Resident memory of the whole exporter after some scrapes, collectors on, four sizes a path. */
export async function measureMemory({ program, quick }) {
  const rows = [];
  for (const count of [1, 100, 1000]) {
    const paths = Array.from({ length: count }, (_, n) => ({ target: targetAddress(n + 1), rate: 10 }));
    const exporter = await startExporter(program, paths);
    for (let scrape = 0; scrape < SCRAPES; scrape++) {
      await exporter.get("/metrics", { "accept-encoding": "gzip" });
      await sleep(quick ? 10 : 250);
    }
    const { resident, anonymous } = memoryBytes(exporter.pid);
    await exporter.stop();
    const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
    rows.push({
      what: `memory, ${count.toLocaleString("en")} path${count === 1 ? "" : "s"} x 10/s, ${SCRAPES} scrapes`,
      ours: `${megabytes(resident)} MB, ${megabytes(resident - anonymous)} of it files`,
      target: `under ${LIMIT_MB} MB`,
      met: resident < LIMIT_MB * 1e6,
    });
  }
  return rows;
}
