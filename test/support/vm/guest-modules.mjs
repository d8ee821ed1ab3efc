/** Which modules a guest loads, in the order in which they need each other. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { readModule } from "./guest-kernel.mjs";

/** The NICs' order is that of their names: virtio is eth0, e1000 is eth1. */
const WANTED = [
  "virtio_pci",
  "virtio_blk",
  "crc32c_generic",
  "ext4",
  "virtio_console",
  "virtio_balloon",
  "virtio_net",
  "e1000",
];

/** @returns {{name: string, content: Buffer}[]} @param {string} folder of the kernel's modules */
export function guestModules(folder) {
  const paths = new Map(
    readdirSync(folder, { recursive: true })
      .filter((path) => /\.ko(\.\w+)?$/.test(path))
      .map((path) => [moduleName(path), join(folder, path)]),
  );
  const ordered = new Map();
  const add = (name) => {
    const path = paths.get(name);
    // What is no module is built in.
    if (ordered.has(name) || path === undefined) return;
    const content = readModule(path);
    for (const needed of dependencies(content)) add(needed);
    ordered.set(name, content);
  };
  for (const name of WANTED) add(name);
  return [...ordered].map(([name, content]) => ({ name, content }));
}

function moduleName(path) {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_");
}

/** From the section .modinfo, whose entries end with a zero byte. */
function dependencies(content) {
  const start = content.indexOf("\0depends=") + "\0depends=".length;
  const list = content.toString("latin1", start, content.indexOf(0, start));
  return list === "" ? [] : list.split(",").map((name) => name.replaceAll("-", "_"));
}
