import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

interface SourceFile {
  /** From the repository's root. */
  readonly path: string;
  readonly lines: number;
  /** As written. */
  readonly imports: readonly string[];
  /** Those of them that are there when the program runs: the compiler erases `import type`. */
  readonly loads: readonly string[];
  /** Those of these that are loaded only once something needs them. */
  readonly later: readonly string[];
}

const IMPORT =
  /^\s*(?:import|export)\s(?<type>type\s)?(?:[^;'"]*?\sfrom\s)?\s*["'](?<from>[^"']+)["']|\bimport\(\s*["'](?<lazy>[^"']+)["']/gm;

function read(path: string): SourceFile {
  const text = readFileSync(path, "utf8");
  const found = [...text.matchAll(IMPORT)].map(({ groups }) => ({
    name: groups?.["from"] ?? groups?.["lazy"] ?? "",
    erased: groups?.["type"] !== undefined,
    lazy: groups?.["lazy"] !== undefined,
  }));
  return {
    path,
    lines: text.trimEnd().split("\n").length,
    imports: found.map((i) => i.name),
    loads: found.filter((i) => !i.erased).map((i) => i.name),
    later: found.filter((i) => i.lazy).map((i) => i.name),
  };
}

const files: readonly SourceFile[] = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => read(join(entry.parentPath, entry.name)));
const byPath = new Map(files.map((file) => [file.path, file]));

/** An import of ours as a path from the root; others as they are. */
function resolve(file: SourceFile, name: string): string {
  return name.startsWith(".") ? normalize(join(dirname(file.path), name)) : name;
}

/** Files of ours that a file imports, from the root. */
function internal(file: SourceFile): string[] {
  return file.imports.filter((i) => i.startsWith(".")).map((i) => resolve(file, i));
}

/**
 * Everything that a file loads, directly or not, with the file that brings it in: packages, modules, files of ours.
 * @param loads of the loads of a file, those to follow
 */
function reachable(start: SourceFile, loads = (file: SourceFile) => file.loads): Map<string, string> {
  const via = new Map<string, string>();
  const open = [start];
  for (let file = open.pop(); file; file = open.pop()) {
    for (const name of loads(file)) {
      const resolved = resolve(file, name);
      if (via.has(resolved)) continue;
      via.set(resolved, file.path);
      const next = byPath.get(resolved);
      if (next) open.push(next);
    }
  }
  return via;
}

function isPure({ path }: SourceFile): boolean {
  return /^src\/(analysis|packet)\/|\/(parse|metrics|define)\.ts$|^src\/catalogue\.ts$/.test(path);
}

/** `file imports name` for each import that the rule forbids. */
function offenders(forbidden: (file: SourceFile, name: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((name) => forbidden(file, name)).map((name) => `${file.path} imports ${name}`),
  );
}

test("the sources and their imports were found", () => {
  expect(files.length).toBeGreaterThan(20);
  expect(byPath.get("src/main.ts")?.imports).toContain("./package.ts");
  const unknown = files.flatMap((f) => internal(f).filter((i) => i.startsWith("src/") && !byPath.has(i)));
  expect(unknown).toEqual([]);
});

test("pure files reach no machine, no clock and no metric library, however indirectly", () => {
  const impure = files
    .filter(isPure)
    .flatMap((file) =>
      [...reachable(file)]
        .filter(([name]) => name.startsWith("node:") || ["prom-client", "koffi", "express", "pino"].includes(name))
        .map(([name, via]) => `${file.path} reaches ${name} through ${via}`),
    );

  expect(impure).toEqual([]);
});

test("pure files read no clock and no environment", () => {
  const clock =
    /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(/;

  const readers = files.filter(isPure).filter(({ path }) => clock.test(readFileSync(path, "utf8")));

  expect(readers.map((f) => f.path)).toEqual([]);
});

test("one collector never imports another", () => {
  const collectorOf = (path: string) => /^src\/collectors\/([^/]+)\//.exec(path)?.[1];
  const crossing = files.flatMap((file) => {
    const own = collectorOf(file.path);
    const others = internal(file).filter((i) => collectorOf(i) !== undefined && collectorOf(i) !== own);
    return own === undefined ? [] : others.map((i) => `${file.path} imports ${i}`);
  });

  expect(crossing).toEqual([]);
});

test.each([
  ["prom-client", /^src\/metrics\/exposition\.ts$/],
  ["koffi", /^src\/kernel\/ffi\//],
  ["express", /^src\/http\//],
  ["node:child_process", /^src\/kernel\//],
  ["node:worker_threads", /^src\/(prober|reflector|kernel)\//],
  ["zod", /^src\/(config|collectors)\//],
  ["yaml", /^src\/(config|commands)\//],
])("%s is used in one place only", (name, home) => {
  expect(offenders((file, imported) => imported === name && !home.test(file.path))).toEqual([]);
});

test("only commands wire parts: nothing imports a command but main and other commands", () => {
  const wired = files
    .filter(({ path }) => path !== "src/main.ts" && !path.startsWith("src/commands/"))
    .filter((file) => internal(file).some((i) => i.startsWith("src/commands/")));

  expect(wired.map((f) => f.path)).toEqual([]);
});

test("collectors, prober, reflector and http know nothing of each other", () => {
  const part = (path: string) => /^src\/(collectors|prober|reflector|http)\//.exec(path)?.[1];
  // Definitions of metrics are data: whoever fills or names them may import them.
  const crossing = files.flatMap((file) => {
    const own = part(file.path);
    const others = internal(file).filter(
      (i) => own !== undefined && part(i) !== undefined && part(i) !== own && !i.endsWith("/metrics.ts"),
    );
    return others.map((i) => `${file.path} imports ${i}`);
  });

  expect(crossing).toEqual([]);
});

test("the exporter does without what reads a configuration, except in a process that ends", () => {
  const running = ["src/commands/serve.ts", "src/commands/run-exporter.ts"].map(
    (path) => byPath.get(path) as SourceFile,
  );
  const atOnce = running.flatMap((file) => [
    ...reachable(file, ({ loads, later }) => loads.filter((name) => !later.includes(name))),
  ]);

  expect(atOnce.map(([name]) => name)).toEqual(expect.arrayContaining(["express", "src/config/source.ts"]));
  const heavy = atOnce.filter(([name]) => ["zod", "yaml", "leven"].includes(name));
  expect(heavy.map(([name, via]) => `${via} imports ${name}`)).toEqual([]);
});

test("every file is short enough to be read at once", () => {
  expect(files.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
});

test("no file hides from compiler or linter", () => {
  const hiding = /@ts-(ignore|nocheck|expect-error)|biome-ignore|\bas any\b/;

  expect(files.filter(({ path }) => hiding.test(readFileSync(path, "utf8"))).map((f) => f.path)).toEqual([]);
});
