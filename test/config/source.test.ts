import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "../../src/config/issues.ts";
import { createConfigSource } from "../../src/config/source.ts";

let folder: string;
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "virtloss-"));
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true });
});

function groups(...targets: string[]): string {
  return JSON.stringify([{ targets, labels: { __scope__: "external" } }]);
}

/** A source that is watched, with a note of what each reload gave. */
async function watched(pathFiles: string) {
  const file = join(folder, "c.yaml");
  await writeFile(file, `path_files: [${pathFiles}]`);
  const source = createConfigSource({ file, intervalSeconds: 0.03, settleSeconds: 0.03 });
  const first = await source.load();
  const reloads: string[] = [];
  const reload = async () => {
    const config = await source.load().catch((error: unknown) => error);
    reloads.push(config instanceof ConfigError ? "refused" : namesOf(config as typeof first));
  };
  const watching = source.watch(reload, stop.signal);
  return { source, first: namesOf(first), reloads, watching };
}

function namesOf(config: { paths: readonly { name: string }[] }): string {
  return config.paths.map(({ name }) => name).join(" ");
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isTrue(); i++) await sleep(25);
}

/** Long enough for several polls. */
const quiet = () => sleep(300);

test("a change of a path file is told once", async () => {
  await writeFile(join(folder, "p.json"), groups("a"));
  const { first, reloads } = await watched("p.json");
  await quiet();
  await writeFile(join(folder, "p.json"), groups("a", "b"));
  await until(() => reloads.length > 0);
  await quiet();

  expect(first).toBe("a");
  expect(reloads).toEqual(["a b"]);
});

test("a file written anew with the same content is no change", async () => {
  await writeFile(join(folder, "p.json"), groups("a"));
  const { reloads } = await watched("p.json");
  await writeFile(join(folder, "p.json"), groups("a"));
  await quiet();

  expect(reloads).toEqual([]);
});

test("a half-written file is refused once, and its completion is told", async () => {
  await writeFile(join(folder, "p.json"), groups("a"));
  const { reloads } = await watched("p.json");
  await writeFile(join(folder, "p.json"), groups("a", "b").slice(0, 20));
  await until(() => reloads.length > 0);
  await quiet();
  await writeFile(join(folder, "p.json"), groups("a", "b"));
  await until(() => reloads.length > 1);
  await quiet();

  expect(reloads).toEqual(["refused", "a b"]);
});

test("a file that goes away is refused once, and the old content that comes back is told", async () => {
  const file = join(folder, "p.json");
  await writeFile(file, groups("a"));
  const { reloads } = await watched("p.json");
  await rename(file, `${file}.away`);
  await until(() => reloads.length > 0);
  await quiet();
  await rename(`${file}.away`, file);
  await until(() => reloads.length > 1);
  await quiet();

  expect(reloads).toEqual(["refused", "a"]);
});

test("files that appear under and vanish from a pattern are told", async () => {
  await writeFile(join(folder, "p1.json"), groups("a"));
  const { reloads } = await watched("'p*.json'");
  await writeFile(join(folder, "p2.json"), groups("b"));
  await until(() => reloads.length > 0);
  await rm(join(folder, "p1.json"));
  await until(() => reloads.length > 1);

  expect(reloads).toEqual(["a b", "b"]);
});

test("a symbolic link that Kubernetes swaps above the file is followed", async () => {
  for (const [version, target] of [
    ["..1", "a"],
    ["..2", "b"],
  ] as const) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, "p.json"), groups(target));
  }
  await symlink("..1", join(folder, "..data"));
  await symlink("..data/p.json", join(folder, "p.json"));
  const { first, reloads } = await watched("'*.json'");
  await symlink("..2", join(folder, "..data_tmp"));
  await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  await until(() => reloads.length > 0);
  await quiet();

  expect(first).toBe("a");
  expect(reloads).toEqual(["b"]);
});

test("what a reload by hand has seen already is not told again", async () => {
  const { source, reloads } = await (async () => {
    await writeFile(join(folder, "p.json"), groups("a"));
    const file = join(folder, "c.yaml");
    await writeFile(file, "path_files: [p.json]");
    const source = createConfigSource({ file, intervalSeconds: 0.1, settleSeconds: 0.01 });
    await source.load();
    const reloads: string[] = [];
    void source.watch(async () => void reloads.push("told"), stop.signal);
    return { source, reloads };
  })();
  await writeFile(join(folder, "p.json"), groups("b"));
  await source.load();
  await quiet();

  expect(reloads).toEqual([]);
});

test("the watch ends with its signal", async () => {
  await writeFile(join(folder, "p.json"), groups("a"));
  const { watching } = await watched("p.json");
  stop.abort();

  await expect(watching).resolves.toBeUndefined();
});
