/** What `npm start` and `npm test` share. It runs before anything is installed, so it needs nothing but Node and npm. */
import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const program = join(root, "dist/src/main.js");

const sources = ["src", "alerts", "dashboards", "package.json", "tsconfig.json", "tsconfig.build.json"];

/** Something is missing that only a person can supply: the message says what. */
export class SetupError extends Error {}

/** Milliseconds since the epoch; 0 for what does not exist. */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** @returns whether version `a` is at least `b`, both "major.minor.patch" */
function atLeast(a, b) {
  const [left, right] = [a, b].map((v) => v.split(".").map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export function ensureNode(found = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const wanted = engines.node.replace(">=", "");
  if (!atLeast(found, wanted)) {
    throw new SetupError(
      `virtloss needs Node.js ${wanted} or later, this is ${found}: install a newer one (nodejs.org)`,
    );
  }
}

/** Runs a program to its end with its output on stderr, because stdout belongs to the program that follows. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (error?.code === "ENOENT") throw new SetupError(`${command} is not installed`);
  if (error) throw error;
  if (status !== 0) throw new SetupError(`"${command} ${args.join(" ")}" failed: its messages are above`);
}

/** Installs what the lock file says, if that was not done since the lock file changed. */
export function ensureDependencies() {
  // npm writes this file last: an installation that was cut short has none.
  if (modifiedAt(join(root, "node_modules/.package-lock.json")) >= modifiedAt(join(root, "package-lock.json"))) return;
  // npm ci empties the folder first, and through a link that would be another checkout's.
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError("node_modules is a link and out of date: run npm ci where it points to, or remove it");
  }
  console.error("virtloss: installing dependencies");
  // The compiler is a development dependency, so NODE_ENV=production must not leave it out.
  run("npm", ["ci", "--include=dev", "--loglevel=error"]);
}

/** Compiles, if a source is newer than the program. A package without sources brings the program with it. */
export function ensureBuild() {
  if (modifiedAt(join(root, "src")) === 0) return;
  const changed = Math.max(...sources.map((path) => newest(join(root, path))));
  if (modifiedAt(program) > changed) return;
  console.error("virtloss: building");
  // A program with type errors must not look built to the next start.
  run("npm", ["run", "--silent", "build", "--", "--noEmitOnError"]);
}
