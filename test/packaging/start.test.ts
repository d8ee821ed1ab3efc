import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answers, endAll, freePort, type Running, start } from "./program.ts";

const LEFT_OUT = new Set(["node_modules", "dist", ".cache", ".git", "coverage"]);

let checkout: string;
let running: Running | undefined;

/** What a person has after cloning: sources, and nothing that was made from them. */
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "virtloss-checkout-"));
  cpSync(".", checkout, { recursive: true, filter: (path) => !LEFT_OUT.has(path) });
});

afterEach(async () => {
  if (running) await endAll(running);
  running = undefined;
});

afterAll(() => rmSync(checkout, { recursive: true }));

function npmStart(...args: readonly string[]): Running {
  running = start("npm", ["start", "--", ...args], { cwd: checkout });
  return running;
}

test("a checkout starts by itself, ends by a signal, and starts again at once", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/-/healthy`;

  const first = npmStart("--listen", `127.0.0.1:${port}`);
  await answers(url, first, 300_000);
  first.child.kill("SIGTERM");
  await first.ended();
  await expect(fetch(url)).rejects.toThrow();

  const startedAt = performance.now();
  const second = npmStart("--listen", `127.0.0.1:${port}`);
  await answers(url, second, 30_000);
  const seconds = (performance.now() - startedAt) / 1_000;

  expect(first.output()).toMatch(/installing dependencies.*building/s);
  expect(second.output()).not.toMatch(/installing|building/);
  // npm itself takes a part of it; a machine that runs other tests needs more than the second that an idle one does.
  expect(seconds).toBeLessThan(5);
}, 400_000);

test("a port in use ends it with the program's own exit code and one line", async () => {
  const port = await freePort();
  const holder = start(process.execPath, ["-e", `require("net").createServer().listen(${port}, "127.0.0.1")`]);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const refused = npmStart("--listen", `127.0.0.1:${port}`);
  const code = await refused.ended();
  await endAll(holder);

  expect(code).toBe(3);
  expect(refused.output()).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use by another process`);
}, 60_000);

test("a source that changed is built again", async () => {
  const port = await freePort();
  const file = join(checkout, "src/main.ts");
  writeFileSync(file, `${readFileSync(file, "utf8")}\n`);

  const again = npmStart("--listen", `127.0.0.1:${port}`);
  await answers(`http://127.0.0.1:${port}/-/healthy`, again, 60_000);

  expect(again.output()).toContain("building");
  expect(again.output()).not.toContain("installing");
}, 90_000);

test("without npm it says so", async () => {
  rmSync(join(checkout, "node_modules/.package-lock.json"), { force: true });

  running = start(process.execPath, ["packaging/start.mjs"], { cwd: checkout, env: { PATH: "/nonexistent" } });

  expect(await running.ended()).toBe(3);
  expect(running.output()).toContain("virtloss: cannot start: npm is not installed");
});

test("a Node.js that is too old is told which one is needed", async () => {
  const file = join(checkout, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...manifest, engines: { node: ">=99.1" } }));

  running = start(process.execPath, ["packaging/start.mjs"], { cwd: checkout });

  expect(await running.ended()).toBe(3);
  expect(running.output()).toContain(`virtloss needs Node.js 99.1 or later, this is ${process.versions.node}`);
});
