/** vmware_exporter, the one other exporter for vCenter: abandoned, so with the versions that it still runs with. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, SetupError } from "../packaging/ensure.mjs";
import { ensureVcsim } from "../test/vcsim.mjs";
import { temporaryFolder, untilHealthy } from "./exporter.mjs";
import { answers, get } from "./http.mjs";
import { start, stop } from "./lab.mjs";
import { cpuSeconds, peakBytes } from "./process.mjs";

const packages = ["vmware_exporter==0.18.4", "twisted==22.10.0", "setuptools<81", "requests"];
const home = join(root, ".cache/bench/vmware_exporter");
const program = join(home, "bin/vmware_exporter");
const installed = join(home, "installed");
const PORT = 9272;

/** Installs it into a folder of the cache, where it is missing and can be had. */
function ensurePeer() {
  if (existsSync(installed)) return;
  console.error("bench: installing vmware_exporter");
  try {
    rmSync(home, { recursive: true, force: true });
    run("python3", ["-m", "venv", home]);
    run(join(home, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]);
    writeFileSync(installed, "");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`bench: vmware_exporter is left out: ${error.message}`);
  }
}

/**
 * Makes the vCenter simulator and the peer ready, while there is a network.
 * @throws SetupError without a simulator
 */
export function ensureVmware() {
  const missing = ensureVcsim();
  if (missing !== undefined) throw new SetupError(missing);
  ensurePeer();
}

/**
 * It asks the vCenter when it is scraped.
 * @returns {Promise<import("./vmware.mjs").Scrapes | null>} null where it is not installed
 */
export async function measurePeer({ host, username, password }, scrapes) {
  if (!existsSync(installed)) return null;
  const file = join(temporaryFolder(), "vmware_exporter.json");
  const all = { vms: true, vmguests: true, datastores: true, hosts: true, snapshots: true };
  const vcenter = { vsphere_host: host, vsphere_user: username, vsphere_password: password, ignore_ssl: true };
  const less = { fetch_custom_attributes: false, fetch_tags: false, fetch_alarms: false };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ default: { ...vcenter, ...less, specs_size: 5000, collect_only: all } }));
  const child = start(program, ["-c", file, "-a", "127.0.0.1", "-p", `${PORT}`, "-l", "ERROR"]);
  await untilHealthy(child, "vmware_exporter", () => answers(PORT, "/healthz"));
  const result = { milliseconds: [], cpuMillis: [], series: 0, peakBytes: 0 };
  for (let scrape = 0; scrape < scrapes; scrape++) {
    const before = cpuSeconds(child.pid).total;
    const { body, milliseconds } = await get(PORT, "/metrics");
    result.cpuMillis.push((cpuSeconds(child.pid).total - before) * 1000);
    result.milliseconds.push(milliseconds);
    result.series = body.toString().match(/^vmware_/gm)?.length ?? 0;
    if (result.series === 0)
      throw new Error(`vmware_exporter could not read the vCenter: ${body.toString().slice(0, 500)}`);
  }
  result.peakBytes = peakBytes(child.pid);
  await stop(child);
  return result;
}
