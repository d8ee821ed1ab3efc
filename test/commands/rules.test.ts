import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { dashboards } from "../../src/commands/dashboards.ts";
import { rules } from "../../src/commands/rules.ts";
import { CannotRunError } from "../../src/commands/usage.ts";

let directory: string;
let stdout: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-pack-"));
  stdout = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

function configFile(text: string): string {
  const file = join(directory, "virtloss.yml");
  writeFileSync(file, text);
  return file;
}

test("the rules of a configuration carry its thresholds, and promtool accepts them", async () => {
  const config = configFile("thresholds: {loss_ratio: 0.003}\n");

  const exitCode = await rules(["--config", config, "--out", directory]);

  const file = join(directory, "virtloss.rules.yaml");
  expect(exitCode).toBe(0);
  expect(readFileSync(file, "utf8")).toContain('path:virtloss_loss_warning:lower_rate5m{scope!="control"} > 0.003');
  expect(spawnSync("promtool", ["check", "rules", file]).status).toBe(0);
});

test("without a directory the committed rules go to stdout", async () => {
  expect(await rules([])).toBe(0);
  expect(stdout).toBe(readFileSync("alerts/virtloss.rules.yaml", "utf8"));
});

test("the boards of a configuration carry its thresholds, one file each", async () => {
  const config = configFile("thresholds: {loss_ratio: 0.003}\n");

  const exitCode = await dashboards(["--config", config, "--out", join(directory, "boards")]);

  const files = readdirSync(join(directory, "boards"));
  expect(exitCode).toBe(0);
  expect(files.sort()).toEqual(
    readdirSync("dashboards")
      .filter((name) => name.endsWith(".json"))
      .sort(),
  );
  expect(readFileSync(join(directory, "boards", "virtloss-path.json"), "utf8")).toContain('"value": 0.003');
});

test("without a directory the boards go to stdout as one JSON document", async () => {
  expect(await dashboards([])).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ title: "virtloss / Path" }));
});

test("a directory that cannot be written is one clear error", async () => {
  const file = configFile("");

  await expect(rules(["--out", file])).rejects.toThrow(CannotRunError);
  await expect(rules(["--out", file])).rejects.toThrow("give --out a directory that you may write");
});

test.each([
  ["rules", rules],
  ["dashboards", dashboards],
])("virtloss %s --help shows an example", async (name, command) => {
  expect(await command(["--help"])).toBe(0);
  expect(stdout).toContain(`Example: virtloss ${name} `);
});
