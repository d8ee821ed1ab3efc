/** A foreign STAMP implementation for the tests of interoperation, from the registry of Rust's packages. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { candidateVersion, canInstall, installPackages } from "../packaging/debian.mjs";
import { root, run, SetupError } from "../packaging/ensure.mjs";

const VERSION = "1.0.0";
/** What that version's code needs. */
const OLDEST_RUST = 1.86;
const ours = join(root, ".cache/tools");
const cargoBin = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin");
const searched = [...(process.env.PATH ?? "").split(delimiter), cargoBin];

function find(program) {
  return searched.map((directory) => join(directory, program)).find((path) => existsSync(path));
}

/** "1.95.0" as 1.95; 0 where the program does not say. */
function minorVersion(text) {
  const [, major, minor] = /(\d+)\.(\d+)\./.exec(text ?? "") ?? [];
  return major === undefined ? 0 : Number(major) + Number(minor) / 100;
}

/** @returns path of a cargo that is new enough */
function newEnoughCargo() {
  const known = find("cargo");
  const version = known && spawnSync(known, ["--version"], { encoding: "utf8" }).stdout;
  if (minorVersion(version) >= OLDEST_RUST) return known;
  // Debian's newer cargo would replace an older one: that is for its owner to decide.
  if (known || !canInstall()) return undefined;
  const name = ["cargo", "cargo-web"].find((name) => minorVersion(candidateVersion(name)) >= OLDEST_RUST);
  if (name === undefined) return undefined;
  process.stderr.write(`installing ${name}\n`);
  installPackages([name]);
  return find("cargo");
}

/**
 * Puts stamp-suite where test/lab/stamp-suite.test.ts looks for it. Does nothing where it is.
 * @returns a sentence on what could not be had, or undefined
 */
export function ensureStampSuite() {
  const program = join(ours, "bin/stamp-suite");
  if (existsSync(program)) return undefined;
  const installed = find("stamp-suite");
  if (installed) {
    mkdirSync(dirname(program), { recursive: true });
    symlinkSync(installed, program);
    return undefined;
  }
  try {
    const cargo = newEnoughCargo();
    if (!cargo) {
      return `missing, and the tests of STAMP with another implementation fail without: Rust ${OLDEST_RUST} or later (rustup.rs), or stamp-suite ${VERSION}`;
    }
    process.stderr.write(`installing stamp-suite ${VERSION} with ${cargo}: a minute or two\n`);
    run(cargo, ["install", "stamp-suite", "--version", VERSION, "--locked", "--root", ours], {
      // A cargo configuration in the checkout's folder is none of its business; the compiler is beside cargo.
      cwd: homedir(),
      env: { ...process.env, PATH: `${dirname(cargo)}${delimiter}${process.env.PATH}` },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return `the tests of STAMP with another implementation fail: ${error.message}`;
  }
}
