import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start, stop } from "./lab.mjs";

const PORT = 10862;
const START_SECONDS = 20;

/**
 * Starts `virtloss serve` in this namespace.
 * @param {string} program
 * @param {{ target: string, rate: number, sizes?: (number | string)[] }[]} paths
 * @param {{ collectors?: boolean }} options
 */
export async function startExporter(program, paths, { collectors = true } = {}) {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-bench-"));
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", removeDirectory);
  const file = join(directory, "virtloss.json");
  const off = collectors ? {} : await allCollectorsOff(program);
  // JSON is YAML.
  const write = (paths) =>
    writeFileSync(file, JSON.stringify({ paths: paths.map((path) => ({ scope: "external", ...path })), ...off }));
  write(paths);
  const child = start(process.execPath, [program, "serve", "--config", file, "--listen", `127.0.0.1:${PORT}`]);
  let complaint = "";
  child.stderr.on("data", (data) => {
    complaint += data;
  });
  const agent = new http.Agent({ keepAlive: true });
  for (let waited = 0; !(await healthy(agent)); waited += 0.05) {
    if (waited > START_SECONDS || child.exitCode !== null)
      throw new Error(`virtloss serve does not start\n${complaint}`);
    await sleep(50);
  }
  return {
    pid: child.pid,
    get: (path, headers) => get(agent, path, headers),
    /** Other paths from now on; those that stay keep their counters. */
    reload(paths) {
      write(paths);
      child.kill("SIGHUP");
    },
    async stop() {
      agent.destroy();
      await stop(child);
      removeDirectory();
      process.off("exit", removeDirectory);
    },
  };
}

async function allCollectorsOff(program) {
  const { collectors } = await import(new URL("collectors/index.js", `file://${program}`).href);
  return { collectors: Object.fromEntries(collectors.map(({ name }) => [name, false])) };
}

async function healthy(agent) {
  try {
    return (await get(agent, "/-/healthy")).status === 200;
  } catch (error) {
    if (error.code === "ECONNREFUSED") return false;
    throw error;
  }
}

/** @returns {Promise<{ status: number, body: Buffer, milliseconds: number }>} the body as sent, compressed where asked for */
function get(agent, path, headers = {}) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port: PORT, path, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode, body: Buffer.concat(chunks), milliseconds: performance.now() - begun }),
      );
    });
    request.on("error", reject);
  });
}

/** Sum over all series of a metric. @param {string} exposition */
export function total(exposition, name) {
  let sum = 0;
  for (const line of exposition.split("\n")) {
    if (line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return sum;
}
