/** A Linux kernel for guests, from Debian's package: unpacked, so that QEMU starts it without its slow decompressor. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { canInstall } from "../../../packaging/debian.mjs";
import { root, run, SetupError } from "../../../packaging/ensure.mjs";

const cache = join(root, ".cache/vm");
const unpacked = join(cache, "kernel");
/** Depends on the kernel that the release installs on real machines; the one for clouds has no e1000. */
const NEWEST = "linux-image-amd64";

/** Fetches it, once. @returns the folder of its modules @throws SetupError where it cannot be had */
export function ensureGuestKernel() {
  if (!existsSync(unpacked)) fetchKernel();
  const modules = join(unpacked, "lib/modules");
  return join(modules, readdirSync(modules)[0]);
}

function fetchKernel() {
  if (process.arch !== "x64")
    throw new SetupError(`a machine of type x86-64: the guests are, and this one is ${process.arch}`);
  if (!canInstall())
    throw new SetupError(`the kernel for guests, which apt-get as root fetches from Debian (${NEWEST})`);
  const name = newestPackage();
  console.error(`fetching ${name} for the tests with virtual machines`);
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "fetching-"));
  try {
    // apt's own user may not write here, and says so at length.
    run("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", name], { cwd: directory });
    const [archive] = readdirSync(directory);
    run("dpkg-deb", ["--extract", archive, directory], { cwd: directory });
    rmSync(join(directory, archive));
    const [version] = readdirSync(join(directory, "lib/modules"));
    writeFileSync(
      join(directory, "vmlinux"),
      unpackKernel(readFileSync(join(directory, "boot", `vmlinuz-${version}`))),
    );
    renameSync(directory, unpacked);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function newestPackage() {
  // What an old list names may be gone.
  run("apt-get", ["-q", "update"]);
  const { stdout } = spawnSync("apt-cache", ["depends", NEWEST], { encoding: "utf8" });
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined)
    throw new SetupError(`the kernel for guests: the registry has no package ${NEWEST}, as Debian has`);
  return name;
}

const unpackers = [
  { magic: "fd377a585a00", command: "xz", args: ["-dc", "--single-stream"] },
  { magic: "28b52ffd", command: "zstd", args: ["-dcq"] },
  { magic: "1f8b08", command: "gzip", args: ["-dcq"] },
];

/**
 * @param {Buffer} file a bzImage
 * @returns {Buffer} the ELF image in it
 * The header says where it lies: Documentation/arch/x86/boot.rst, fields setup_sects, payload_offset and payload_length.
 */
function unpackKernel(file) {
  const setupSectors = file.readUInt8(0x1f1) || 4;
  const start = (setupSectors + 1) * 512 + file.readUInt32LE(0x248);
  // Its last four bytes are the unpacked size, which is no part of the stream.
  const payload = file.subarray(start, start + file.readUInt32LE(0x24c) - 4);
  const unpacker = unpackers.find(({ magic }) => payload.subarray(0, magic.length / 2).toString("hex") === magic);
  if (!unpacker)
    throw new SetupError(`the kernel is packed in an unknown way: ${payload.subarray(0, 8).toString("hex")}`);
  return unpack(unpacker, payload);
}

function unpack({ command, args }, input) {
  const { stdout, status, stderr, error } = spawnSync(command, args, { input, maxBuffer: 256 << 20 });
  if (error || status !== 0)
    throw new SetupError(`${command} could not unpack the kernel: ${error?.message ?? stderr}`);
  return stdout;
}

/** @returns {Buffer} the module at this path, unpacked where the package packs modules */
export function readModule(path) {
  const file = readFileSync(path);
  const unpacker = unpackers.find(({ magic }) => file.subarray(0, magic.length / 2).toString("hex") === magic);
  return unpacker ? unpack(unpacker, file) : file;
}
