import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { answers, endAll, freePort, type Running, start } from "./program.ts";

const execute = promisify(execFile);
const PROGRAM = "dist/src/main.js";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** The npm packages of Node.js' own binaries, kept in .cache between runs. */
async function nodeBinary(major: number): Promise<string> {
  const name = `node-linux-${process.arch}`;
  const prefix = `.cache/node-${major}`;
  const binary = `${prefix}/node_modules/${name}/bin/node`;
  if (!existsSync(binary)) await execute("npm", ["install", "--no-save", "--prefix", prefix, `${name}@${major}`]);
  return binary;
}

let running: Running | undefined;

afterEach(async () => {
  if (running) await endAll(running);
  running = undefined;
});

describe.each([20, 22, 24])("Node.js %d", (major) => {
  let node: string;

  beforeAll(async () => {
    const isOurs = process.versions.node.startsWith(`${major}.`);
    node = isOurs ? process.execPath : await nodeBinary(major);
  }, 300_000);

  test("tells the program's version", async () => {
    const { stdout } = await execute(node, [PROGRAM, "--version"]);
    const { stdout: own } = await execute(node, ["--version"]);

    expect(stdout).toBe(`virtloss ${version}\n`);
    expect(own).toMatch(new RegExp(`^v${major}\\.`));
  });

  test("probes loopback without a loss", async () => {
    const { stdout } = await execute(node, [
      PROGRAM,
      "probe",
      "127.0.0.1",
      "--count",
      "200",
      "--rate",
      "400",
      "--json",
    ]);

    expect(JSON.parse(stdout)).toMatchObject({ sent: 200, received: 200, lost: 0, void: 0 });
  });

  test("serves metrics without code made from strings, and stops when told", async () => {
    const port = await freePort();
    running = start(node, [
      "--disallow-code-generation-from-strings",
      PROGRAM,
      "serve",
      "--listen",
      `127.0.0.1:${port}`,
    ]);

    await answers(`http://127.0.0.1:${port}/-/ready`, running, 20_000);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const page = await fetch(`http://127.0.0.1:${port}/`);
    running.child.kill("SIGTERM");

    expect(metrics).toContain(`virtloss_build_info{version="${version}",node="`);
    expect(metrics).toMatch(/^virtloss_probe_packets_total\{path="loopback",/m);
    expect(page.status).toBe(200);
    expect(await running.ended()).toBe(0);
  });
});
