import { spawnSync } from "node:child_process";

test("the lock file names every optional dependency, or npm ci refuses it", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["packaging/complete-lock.mjs", "--check"], {
    encoding: "utf8",
  });

  // To mend: node packaging/complete-lock.mjs
  expect(stdout + stderr).toBe("");
});
