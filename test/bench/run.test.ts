import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../support/lab.ts";
import { about, cpuResult, titles } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "virtloss-test-"));
const bench = (...args: string[]) => run(process.execPath, ["bench/run.mjs", ...args]);

afterAll(() => rmSync(folder, { recursive: true }));

test("an earlier run is shown and drawn again without measuring", async () => {
  const from = join(folder, "results.json");
  const drawn = join(folder, "chart.svg");
  const cpu = cpuResult({ virtloss: [12, 14, 13], fping: [24, 35, 26], smokeping: [60, 60, 60] });
  const { fping, virtloss, smokeping } = titles;
  writeFileSync(from, JSON.stringify({ about, titles: { virtloss, fping, smokeping }, parts: { cpu } }));

  const { code, stdout, stderr } = await bench("--from", from, "--chart", drawn);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const words = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
  expect(words).toContainEqual(["1,000 targets x 10/s", "virtloss", "13.0 (12.0 to 14.0)", "0", "100 %", "90 MB"]);
  expect(words).toContainEqual([
    "fping 5.1",
    "26.0 (24.0 to 35.0)",
    "0",
    "100 %",
    "90 MB",
    "0.50 (0.40 to 0.50)",
    "at most 0.8",
    "met",
  ]);
  expect(words).toContainEqual(["C floor", "not installed"]);
  expect(readFileSync(drawn, "utf8")).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>\n$/s);
});

test.each([
  [
    ["--only", "cpu,speed"],
    'bench: cannot run: --only: expected cpu, growth, loss, rtt, memory, scrape, libvirt, kernel, vmware, soak, found "speed"\n',
  ],
  [["--fast"], expect.stringContaining("Unknown option '--fast'")],
  [["--from", "package.json"], expect.stringMatching(/--from: expected what --json wrote, found something else in/)],
  [["--from", "none.json"], expect.stringMatching(/--from: ENOENT.*none\.json/)],
])("%j is refused in one sentence", async (args, expected) => {
  const { code, stdout, stderr } = await bench(...args);

  expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: "", stderr: expected });
});
