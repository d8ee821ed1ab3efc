import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, get } from "./http.mjs";
import { start, stop } from "./lab.mjs";

/** A folder that goes with the bench, however it ends. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "virtloss-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const PORT = 10862;
const START_SECONDS = 60;
const folder = temporaryFolder();

/**
 * Starts `virtloss serve` in this namespace.
 * @param {string} program
 * @param {{ target: string, rate: number, sizes?: (number | string)[] }[]} paths
 * @param {{ collectors?: boolean, settings?: object }} options `settings` are other keys of the configuration
 */
export async function startExporter(program, paths, { collectors = true, settings = {} } = {}) {
  const file = join(folder, "virtloss.json");
  const off = collectors ? {} : await allCollectorsOff(program);
  // JSON is YAML.
  const write = (paths) =>
    writeFileSync(
      file,
      JSON.stringify({ paths: paths.map((path) => ({ scope: "external", ...path })), ...off, ...settings }),
    );
  write(paths);
  const child = start(process.execPath, [program, "serve", "--config", file, "--listen", `127.0.0.1:${PORT}`]);
  await untilHealthy(child, "virtloss serve", () => answers(PORT, "/-/healthy"));
  return {
    pid: child.pid,
    get: (path) => get(PORT, path),
    scrape: (headers) => get(PORT, "/metrics", headers),
    /** Other paths from now on; those that stay keep their counters. */
    reload(paths) {
      write(paths);
      child.kill("SIGHUP");
    },
    stop: () => stop(child),
  };
}

/** @throws Error with what the program complained of, when it ends or takes too long */
export async function untilHealthy(child, name, healthy) {
  let complaint = "";
  child.stderr.on("data", (data) => {
    complaint += data;
  });
  for (let waited = 0; !(await healthy()); waited += 0.05) {
    if (waited > START_SECONDS || child.exitCode !== null) throw new Error(`${name} does not start\n${complaint}`);
    await sleep(50);
  }
}

async function allCollectorsOff(program) {
  const { collectors } = await import(new URL("collectors/index.js", `file://${program}`).href);
  return { collectors: Object.fromEntries(collectors.map(({ name }) => [name, false])) };
}
