import fc from "fast-check";
import { ConfigError } from "../../src/config/issues.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parsePathFile } from "../../src/config/path-files.ts";
import { memoryFiles } from "./memory-files.ts";

const keys = [
  "paths",
  "path_files",
  "web",
  "collectors",
  "thresholds",
  "log",
  "scope",
  "target",
  "sizes",
  "timeout",
  "x",
];
const words = fc.constantFrom(
  ...keys,
  "control",
  "64",
  "random",
  "1s",
  "a",
  "nic",
  "loss_ratio",
  "__proto__",
  "constructor",
);
const pieces = fc.constantFrom(
  ": ",
  "- ",
  "\n",
  "\n  ",
  "{",
  "}",
  "[",
  "]",
  ",",
  "'",
  '"',
  "&a ",
  "*a",
  "!!",
  "|\n",
  "? ",
  "#",
  "\t",
  "<<",
  "---\n",
  "\u0000",
  "\ud800",
);
const almostYaml = fc
  .array(fc.oneof(words, pieces, fc.string({ maxLength: 4 })), { maxLength: 60 })
  .map((a) => a.join(""));
/** Data of the right keys and every kind of value. */
const almostConfig = fc
  .dictionary(fc.constantFrom(...keys), fc.anything({ maxDepth: 4, key: fc.constantFrom(...keys) }))
  .map((value) => JSON.stringify(value) ?? "");

const anyText = fc.oneof(fc.string({ maxLength: 200, unit: "binary" }), almostYaml, almostConfig);

async function loadText(text: string): Promise<unknown> {
  return loadConfig("/c.yaml", undefined, memoryFiles({ "/c.yaml": text })).catch((error: unknown) => error);
}

test("any text gives a configuration or a ConfigError with a place for each issue", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const outcome = await loadText(text);
      if (!(outcome instanceof ConfigError)) {
        expect(outcome).toMatchObject({ paths: expect.any(Array), web: expect.any(Object) });
        return;
      }
      expect(outcome.issues.length).toBeGreaterThan(0);
      for (const issue of outcome.issues) {
        expect(issue.message).not.toBe("");
        // A path file that is not there has no line; everything else has.
        if (issue.file === "/c.yaml") expect(Math.min(issue.line, issue.column)).toBeGreaterThanOrEqual(1);
      }
      expect(outcome.message.split("\n")).toHaveLength(outcome.issues.length);
    }),
    { numRuns: 1500 },
  );
});

test("any text as a path file gives paths or issues, never an exception", () => {
  const group = fc.record(
    {
      targets: fc.array(fc.string()),
      labels: fc.dictionary(fc.constantFrom("__scope__", "__rate__", "__sizes__", "path"), fc.string()),
    },
    { requiredKeys: [] },
  );
  const almostGroups = fc.array(group).map((groups) => JSON.stringify(groups));

  fc.assert(
    fc.property(fc.oneof(anyText, almostGroups), (text) => {
      const { paths, issues } = parsePathFile("p.json", text);
      expect(paths.every(({ path }) => path !== undefined) || issues.length > 0).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
