/**
 * Gives package-lock.json an entry for every optional dependency that it lacks. A registry mirror that carries packages of
 * its own platform only makes npm leave the others out of the lock file, and `npm ci` then refuses that file everywhere.
 * Run it after `npm install`: node packaging/complete-lock.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ensure.mjs";

const systems = ["linux", "darwin", "win32", "android", "freebsd", "openharmony"];
const processors = ["x64", "arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64"];

/** What the parts of a platform package's name say, as `linux-arm64-musl`. */
function platformOf(name) {
  const parts = name.split("/").at(-1).split("-");
  const libc = parts.some((p) => p.startsWith("musl"))
    ? "musl"
    : parts.some((p) => p.startsWith("gnu"))
      ? "glibc"
      : null;
  const os = systems.find((s) => parts.includes(s)) ?? null;
  const cpu = processors.find((p) => parts.includes(p)) ?? null;
  if (os === null || cpu === null) throw new Error(`${name}: expected a system and a processor in the name`);
  return { cpu: [cpu], ...(libc && { libc: [libc] }), os: [os] };
}

/** npm looks for a dependency beside its parent, then in each folder above. */
function isLocked(packages, parent, name) {
  const folders = parent.split("/node_modules/");
  return [...folders.keys(), -1].some((depth) => {
    const folder = folders.slice(0, depth + 1).join("/node_modules/");
    return `${folder === "" ? "" : `${folder}/`}node_modules/${name}` in packages;
  });
}

/** @returns [name, version, whether only development needs it] of each optional dependency without an entry */
function missingEntries({ packages }) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, dev = false }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isLocked(packages, path, name))
      .map(([name, version]) => [name, version, dev]),
  );
}

const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingEntries(lock);
if (process.argv.includes("--check")) {
  for (const [name, version] of missing) console.log(`${name}@${version}`);
  process.exitCode = missing.length > 0 ? 1 : 0;
} else {
  for (const [name, version, dev] of missing) {
    lock.packages[`node_modules/${name}`] = { version, ...(dev && { dev }), optional: true, ...platformOf(name) };
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${missing.length} entries added`);
}
