import type { PathConfig } from "../../src/config/path.ts";
import { pathSchema } from "../../src/config/path-schema.ts";
import { diffPaths } from "../../src/config/reload.ts";

function path(name: string, settings: object = {}): PathConfig {
  return pathSchema.parse({ name, scope: "external", target: "10.0.0.1", ...settings });
}

test("paths are told apart by what a reload does to them", () => {
  const same = path("same");
  const before = [same, path("gone"), path("faster"), path("fewer"), path("moved"), path("later")];
  const after = [
    path("new"),
    path("later", { timeout: "2s" }),
    path("moved", { target: "10.0.0.2", rate: 5 }),
    path("fewer", { sizes: [64] }),
    path("faster", { rate: 100 }),
    path("same"),
  ];

  const diff = diffPaths(before, after);

  expect(diff.added.map(({ name }) => name)).toEqual(["new"]);
  expect(diff.removed.map(({ name }) => name)).toEqual(["gone"]);
  expect(diff.retuned.map(({ after: { name } }) => name)).toEqual(["fewer", "faster"]);
  expect(diff.replaced.map(({ after: { name } }) => name)).toEqual(["later", "moved"]);
  expect(diff.unchanged).toEqual([same]);
  expect(diff.unchanged[0]).toBe(same);
});

test.each([{ scope: "gateway" }, { target: "a" }, { timeout: "2s" }, { target: "a", ip_version: 4 }])(
  "%j needs a new path",
  (settings) => {
    expect(diffPaths([path("p")], [path("p", settings)]).replaced).toHaveLength(1);
  },
);

test("every path is in exactly one place", () => {
  const before = [path("a"), path("b"), path("c")];
  const after = [path("b", { rate: 1 }), path("c", { scope: "control" }), path("d")];

  const { added, removed, retuned, replaced, unchanged } = diffPaths(before, after);

  expect(added.length + retuned.length + replaced.length + unchanged.length).toBe(after.length);
  expect(removed.length + retuned.length + replaced.length + unchanged.length).toBe(before.length);
});
