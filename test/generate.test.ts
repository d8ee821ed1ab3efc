import { readFileSync } from "node:fs";
import { generatedFiles } from "../src/generate.ts";

test.each(generatedFiles.map((file) => [file.path, file] as const))("%s is what its generator gives", (path, file) => {
  // Not as it should be? Run: npm run generate
  expect(readFileSync(path, "utf8")).toBe(file.render());
});

test("each file is generated once", () => {
  const paths = generatedFiles.map(({ path }) => path);

  expect(new Set(paths).size).toBe(paths.length);
});
