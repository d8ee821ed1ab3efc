import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, run } from "../../support/lab.ts";

test("the bench measures in namespaces of its own, prints its table and writes its data", async () => {
  const folder = mkdtempSync(join(tmpdir(), "virtloss-test-"));
  const json = join(folder, "results.json");

  const args = ["bench/run.mjs", "--quick", "--only", "rtt", "--program", program, "--json", json];
  const { code, stdout, stderr } = await run(process.execPath, args);

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("[0:00] rtt: turn 1 of 1\n") });
  const { turns } = JSON.parse(readFileSync(json, "utf8")).parts.rtt;
  expect(turns).toHaveLength(1);
  expect(turns[0].p50).toBeGreaterThan(0);
  expect(turns[0].p99).toBeGreaterThanOrEqual(turns[0].p50);
  expect(turns[0].pingMean).toBeGreaterThan(0);
  expect(stdout).toMatch(/^p50 .*(met|missed)$/m);
  rmSync(folder, { recursive: true });
});
