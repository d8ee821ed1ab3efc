import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { constants } from "node:os";
import { type Host, NotPermittedError, SourceAbsentError } from "../../src/kernel/host.ts";
import { createHttpClient } from "../../src/kernel/http.ts";
import type { MachineFacts } from "../../src/kernel/machine.ts";
import { HEADER_BYTES, readDump, requestType } from "../../src/kernel/netlink/message.ts";
import { readU32 } from "../../src/kernel/netlink/native-order.ts";

/** Commands of SIOCETHTOOL, and the name of the file that holds the kernel's answer. */
const ethtoolFiles: Readonly<Record<number, string>> = {
  3: "GDRVINFO",
  16: "GRINGPARAM",
  20: "GRXCSUM",
  22: "GTXCSUM",
  24: "GSG",
  27: "GSTRINGS",
  29: "GSTATS",
  30: "GTSO",
  35: "GGSO",
  37: "GFLAGS",
  43: "GGRO",
  55: "GSSET_INFO",
  58: "GFEATURES",
  60: "GCHANNELS",
};

/** Dumps of route netlink, likewise; those of one interface have its index behind the name. */
const netlinkFiles: Readonly<Record<number, string>> = {
  18: "GETLINK",
  38: "GETQDISC",
  42: "GETTCLASS",
  46: "GETTFILTER",
};
const TCMSG_INDEX_AT = HEADER_BYTES + 4;

const PERMISSION = new Set<number>([constants.errno.EACCES, constants.errno.EPERM]);

function fail(path: string, errno: number): never {
  const message = `${path}: error ${errno}`;
  if (PERMISSION.has(errno)) throw new NotPermittedError(message);
  if (errno === constants.errno.ENOENT || errno === constants.errno.EOPNOTSUPP || errno === constants.errno.ENODEV) {
    throw new SourceAbsentError(message);
  }
  throw new Error(message);
}

function textOrError(path: string, text: string): string {
  const errno = /^ERROR: (\d+)\s*$/.exec(text)?.[1];
  return errno === undefined ? text : fail(path, Number(errno));
}

/** A file is its text; one that holds `ERROR: 13` is that error number; one that is missing is absent. */
async function read(root: string, path: string): Promise<string> {
  // Joined as text: the kernel, not we, resolves `..` behind a symbolic link.
  return textOrError(path, await readFile(root + path, "utf8").catch(() => fail(path, constants.errno.ENOENT)));
}

function readNow(root: string, path: string): string {
  return existsSync(root + path)
    ? textOrError(path, readFileSync(root + path, "utf8"))
    : fail(path, constants.errno.ENOENT);
}

function stringSet(request: DataView): string {
  const command = request.getUint32(0, true);
  if (command === 27) return `-${request.getUint32(4, true)}`;
  return command === 55 ? `-${Math.log2(Number(request.getBigUint64(8, true)))}` : "";
}

/** A machine made of captured files under test/fixtures/NAME. */
export function createFixtureHost(name: string): Host {
  const root = new URL(`../fixtures/${name}`, import.meta.url).pathname;
  if (!existsSync(root)) throw new Error(`no fixture ${root}`);
  const facts = `${root}/machine.json`;
  const machine = existsSync(facts) ? (JSON.parse(readFileSync(facts, "utf8")) as MachineFacts) : undefined;
  return {
    readText: (path) => read(root, path),
    readNow: (path) => readNow(root, path),
    list: async (path) => (await readdir(root + path).catch(() => fail(path, constants.errno.ENOENT))).sort(),
    readLink: (path) => readlink(root + path).catch(() => fail(path, constants.errno.ENOENT)),
    async ethtool(device, request) {
      const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
      const file = ethtoolFiles[view.getUint32(0, true)] ?? "unknown";
      const hex = (await read(root, `/ethtool/${device}/${file}${stringSet(view)}.hex`)).replace(/\s/g, "");
      return new Uint8Array(Buffer.from(hex, "hex"));
    },
    async netlink(request) {
      const type = requestType(request);
      const index = type > 38 ? `-${readU32(request, TCMSG_INDEX_AT)}` : "";
      const hex = await read(root, `/netlink/${netlinkFiles[type] ?? "unknown"}${index}.hex`);
      return readDump(new Uint8Array(Buffer.from(hex.replace(/\s/g, ""), "hex"))).messages;
    },
    // What a program printed there is a file: `commands/tc -s -j qdisc show`.
    run: (program, args) => read(root, `/commands/${[program, ...args].join(" ").replaceAll("/", "%")}`),
    connect: async (path) => fail(path, constants.errno.ENOENT),
    // A captured machine runs no kernel.
    tracing: {
      openPrograms: () => fail("bpf", constants.errno.ENOENT),
      openCounters: () => fail("perf_event_open", constants.errno.ENOENT),
      types: async () => fail("/sys/kernel/btf/vmlinux", constants.errno.ENOENT),
    },
    http: createHttpClient,
    environment: () => undefined,
    machine: () => machine,
  };
}
