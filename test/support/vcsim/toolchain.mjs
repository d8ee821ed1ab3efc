/** A Go compiler for the tests' own programs: one that is there, or the one that Go's modules bring. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, join, relative } from "node:path";
import { root, run, SetupError } from "../../../packaging/ensure.mjs";

/** Any Go from this one on fetches the compiler that a module asks for. */
const OLDEST_GO = 1.21;
const VERSION = "go1.25.9";
const PUBLIC_PROXY = "https://proxy.golang.org";
const MODULE = `toolchain@v0.0.1-${VERSION}.linux-amd64`;
/** As Go's checksum database has it. */
const CHECKSUM = "h1:vwejtYs6HA94+f0iP85chzxeCiCmEEG4GsK4W1moovI=";
const searched = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/go/bin", join(homedir(), "go/bin")];

/**
 * @returns path of a `go` that can build what asks for Go 1.25
 * @throws SetupError where there is none and none can be fetched
 */
export function ensureGo() {
  return searched.map((directory) => join(directory, "go")).find(isNewEnough) ?? fetchedGo();
}

function isNewEnough(program) {
  if (!existsSync(program)) return false;
  const { stdout } = spawnSync(program, ["version"], { encoding: "utf8" });
  const [, major, minor] = / go(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  return major !== undefined && Number(major) + Number(minor) / 100 >= OLDEST_GO;
}

function fetchedGo() {
  if (process.arch !== "x64") throw new SetupError(`Go ${OLDEST_GO} or later (go.dev) is not installed`);
  const home = join(root, ".cache/tools", VERSION);
  const program = join(home, "bin/go");
  if (existsSync(program)) return program;

  process.stderr.write(`fetching ${VERSION}: some 60 MB\n`);
  const folder = `${home}.part`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const zip = join(folder, "go.zip");
  run("curl", [
    ...["--fail", "--silent", "--show-error", "--location", "--max-time", "600", "--output", zip],
    `${proxy()}/golang.org/${MODULE.replace("@", "/@v/")}.zip`,
  ]);
  run("python3", ["-m", "zipfile", "-e", zip, folder]);
  const unpacked = join(folder, "golang.org", MODULE);
  if (checksum(unpacked, `golang.org/${MODULE}`) !== CHECKSUM) {
    throw new SetupError(`${VERSION} from ${proxy()} is not what Go's checksum database knows`);
  }
  makeUsable(unpacked);
  renameSync(unpacked, home);
  rmSync(folder, { recursive: true });
  return program;
}

/** The first place that Go itself would ask. */
function proxy() {
  const [first = ""] = (process.env.GOPROXY || PUBLIC_PROXY).split(/[,|]/);
  if (first === "off") throw new SetupError("Go is not installed, and GOPROXY=off forbids to fetch it");
  return first === "direct" ? PUBLIC_PROXY : first.replace(/\/$/, "");
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Go's own checksum of a module, "h1:…": over the sorted names of its files and the checksum of each. */
function checksum(folder, prefix) {
  const sha256 = (data) => createHash("sha256").update(data);
  const names = filesBelow(folder).map((path) => relative(folder, path));
  const lines = names
    .map((name) => `${prefix}/${name}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `${sha256(readFileSync(join(folder, name.slice(prefix.length + 1)))).digest("hex")}  ${name}\n`);
  return `h1:${sha256(lines.join("")).digest("base64")}`;
}

/** A module can hold neither executables nor other modules: Go undoes that when it unpacks a compiler, and so do we. */
function makeUsable(home) {
  for (const path of filesBelow(join(home, "src"))) {
    if (basename(path) === "_go.mod") renameSync(path, join(path, "../go.mod"));
  }
  for (const path of [...filesBelow(join(home, "bin")), ...filesBelow(join(home, "pkg/tool"))]) chmodSync(path, 0o755);
}
