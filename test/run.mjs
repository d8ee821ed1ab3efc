/**
 * `npm test`: sets up what the tests need, runs them, and ends with one line of counts. Arguments go to jest.
 * Tests in test/lab mostly wait, each in namespaces of its own: two at a time. Those in test/lab/alone starve or load the CPUs.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canInstall, installPackages, missingPackages } from "../packaging/debian.mjs";
import { ensureBuild, ensureDependencies, ensureNode, root, SetupError } from "../packaging/ensure.mjs";
import { ensureStampSuite } from "./stamp-suite.mjs";
import { ensureGuest } from "./support/vm/ensure-guest.mjs";
import { ensureVcsim } from "./vcsim.mjs";

const CANNOT_RUN = 3;
/** Of each run of jest: one that waits for something that a failed test left behind has its result written already. */
const RUN_TIMEOUT_MS = 30 * 60_000;

/** @returns a sentence on what could not be had, or undefined */
function ensurePackages() {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  if (!canInstall()) {
    return `missing, and some tests fail without: apt-get install ${missing.join(" ")} (as root, on Debian or Ubuntu)`;
  }
  console.error(`installing ${missing.join(" ")}`);
  installPackages(missing);
  return undefined;
}

/** One run of jest. @returns its counts; a suite that could not even start counts as one failed test */
function jest(args, directory) {
  const outputFile = join(directory, "result.json");
  rmSync(outputFile, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [join(root, "node_modules/jest/bin/jest.js"), "--passWithNoTests", "--json", `--outputFile=${outputFile}`, ...args],
    {
      cwd: root,
      stdio: "inherit",
      timeout: RUN_TIMEOUT_MS,
      // By environment, because jest's workers are processes of their own. Modules are how the sources import each other.
      env: { ...process.env, NODE_OPTIONS: "--experimental-vm-modules --disable-warning=ExperimentalWarning" },
    },
  );
  const result = readResult(outputFile);
  if (!result) return { passed: 0, failed: 1, skipped: 0 };
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @returns undefined where jest ended before it wrote its result */
function readResult(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    console.error(`jest left no result: ${error.message}`);
    return undefined;
  }
}

function runTests(args) {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-test-"));
  try {
    const runs = [
      jest([...args, "--testPathIgnorePatterns=/node_modules/", "--testPathIgnorePatterns=/test/lab/"], directory),
      jest([...args, "--maxWorkers=2", "--testMatch=**/test/lab/*.test.ts"], directory),
      jest([...args, "--runInBand", "--testMatch=**/test/lab/alone/*.test.ts"], directory),
    ];
    const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
    return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

try {
  ensureNode();
  ensureDependencies();
  ensureBuild();
  const missing = [ensurePackages(), ensureStampSuite(), ensureGuest(), ensureVcsim()].filter(
    (sentence) => sentence !== undefined,
  );
  const { passed, failed, skipped } = runTests(process.argv.slice(2));
  for (const sentence of missing) console.error(sentence);
  if (passed + failed === 0) console.error("no test was run");
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`the tests cannot run: ${error.message}`);
  process.exitCode = CANNOT_RUN;
}
