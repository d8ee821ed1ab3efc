/** What a guest boots: a small initramfs that finds the disk, and the disk with Node.js and the built program. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run, SetupError } from "../../../packaging/ensure.mjs";
import { guestModules } from "./guest-modules.mjs";

const cache = join(root, ".cache/vm");
const sources = fileURLToPath(new URL("guest", import.meta.url));
const searched = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];

/** They stand in for those of busybox, whose own shell would not look for them. */
const REAL_PROGRAMS = ["sh", "bash", "ip", "tc", "ethtool"];

/** Twice what it holds; it only takes the space of that. */
const DISK_BYTES = 320 * 1024 * 1024;

const initramfs = join(cache, "initramfs.cpio");
const disk = join(cache, "disk.ext4");

/** Builds both, where they are older than what they are built from. @throws SetupError where a program is missing */
export function ensureGuestImage(modules) {
  const changed = Math.max(
    ...[join(root, "dist"), join(root, "package-lock.json"), process.execPath, dirname(sources), modules].map(newest),
  );
  if (modifiedAt(initramfs) > changed && modifiedAt(disk) > changed) return;
  console.error("building the guest's disk");
  inFolder((folder) => buildInitramfs(folder, modules));
  inFolder(buildDisk);
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(path) {
  if (!statSync(path).isDirectory()) return modifiedAt(path);
  return Math.max(...readdirSync(path, { recursive: true }).map((name) => modifiedAt(join(path, name))));
}

function inFolder(build) {
  const folder = mkdtempSync(join(tmpdir(), "virtloss-guest-"));
  try {
    build(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function find(program) {
  const path = searched.map((directory) => join(directory, program)).find((path) => existsSync(path));
  if (path === undefined) throw new SetupError(`${program} is not installed`);
  return realpathSync(path);
}

/** Puts a program and the libraries that it is linked with into the folder's tree. */
function install(folder, source, place) {
  copyInto(folder, source, place);
  const { stdout } = spawnSync("ldd", [source], { encoding: "utf8" });
  // A program without libraries has no such line.
  for (const [library] of stdout.matchAll(/\/\S+\.so\S*/g)) copyInto(folder, library, library);
}

function copyInto(folder, source, place) {
  const target = join(folder, place);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, 0o755);
}

/** Not packed: unpacking takes an emulated CPU longer than reading. */
function buildInitramfs(folder, moduleFolder) {
  install(folder, find("busybox"), "bin/busybox");
  copyInto(folder, join(sources, "init"), "init");
  for (const name of ["proc", "dev", "disk", "modules"]) mkdirSync(join(folder, name));
  const modules = guestModules(moduleFolder);
  for (const { name, content } of modules) writeFileSync(join(folder, `modules/${name}.ko`), content);
  writeFileSync(join(folder, "modules/order"), modules.map(({ name }) => `${name}\n`).join(""));
  const names = `.\n${readdirSync(folder, { recursive: true }).join("\n")}\n`;
  const { stdout, status, stderr, error } = spawnSync("cpio", ["--create", "--format=newc", "--quiet"], {
    cwd: folder,
    input: names,
    maxBuffer: 64 << 20,
  });
  if (error || status !== 0) throw new SetupError(`cpio failed: ${error?.message ?? stderr}`);
  replace(initramfs, (path) => writeFileSync(path, stdout));
}

function buildDisk(folder) {
  for (const name of ["bin", "sbin", "etc", "proc", "sys", "dev", "tmp", "run", "opt/virtloss"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const busybox = find("busybox");
  install(folder, busybox, "bin/busybox");
  const { stdout: applets } = spawnSync(busybox, ["--list"], { encoding: "utf8" });
  for (const name of applets.trim().split("\n")) {
    if (name !== "busybox" && !REAL_PROGRAMS.includes(name)) symlinkSync("busybox", join(folder, "bin", name));
  }
  for (const name of REAL_PROGRAMS) install(folder, find(name), `bin/${name}`);
  install(folder, process.execPath, "bin/node");
  copyInto(folder, join(sources, "start"), "sbin/start");
  copyFileSync(join(sources, "virtloss.yaml"), join(folder, "etc/virtloss.yaml"));
  copyProgram(join(folder, "opt/virtloss"));
  replace(disk, (path) => {
    writeFileSync(path, "");
    truncateSync(path, DISK_BYTES);
    run("mkfs.ext4", ["-q", "-O", "^has_journal", "-m", "0", "-d", folder, path]);
  });
}

/** The built program and what it needs to run, as `npm ci --omit=dev` would leave it. */
function copyProgram(target) {
  for (const name of ["package.json", "dist", "alerts/runbooks"]) {
    cpSync(join(root, name), join(target, name), { recursive: true });
  }
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [path, { dev }] of Object.entries(packages)) {
    const source = join(root, path);
    // Native parts for other systems are in the list, and not installed.
    if (path === "" || dev || !existsSync(source)) continue;
    cpSync(source, join(target, path), { recursive: true, dereference: true });
  }
}

/** A test that runs meanwhile sees the old file or the new one. */
function replace(path, write) {
  rmSync(`${path}.new`, { force: true });
  write(`${path}.new`);
  renameSync(`${path}.new`, path);
}
