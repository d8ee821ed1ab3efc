import { type QemuArgument, type QemuNic, qemuNics } from "./qemu-nics.ts";
import { parseQemuOption } from "./qemu-options.ts";

/** What a command line of QEMU tells of the machine. */
export interface QemuCommandLine {
  /** Empty where none was given. */
  readonly name: string;
  /** What the guest's DMI shows, lower case; empty where none was given. */
  readonly uuid: string;
  /** Its type, such as pc-q35-7.2; empty where none was given. `none` is no machine: libvirt asks QEMU what it can do. */
  readonly machine: string;
  /** At the start: what was plugged in later is not among it. */
  readonly memoryBytes: number;
  readonly vcpus: number;
  readonly nics: readonly QemuNic[];
}

/** The options that we read; each is followed by a value. */
const READ = /^--?(name|uuid|smbios|m|smp|netdev|device|nic|net|machine|M)$/;
/** Of these; a machine with 500 disks has some 2,000. */
const MAX_ARGUMENTS = 4096;
const MIB = 1024 ** 2;
/** Without -m. */
const DEFAULT_MEMORY_BYTES = 128 * MIB;
const unitBytes: Readonly<Record<string, number>> = { b: 1, k: 1024, m: MIB, g: 1024 ** 3, t: 1024 ** 4 };

function argumentsOf(argv: readonly string[]): QemuArgument[] {
  const args = argv.flatMap((word, i): QemuArgument[] => {
    const option = READ.exec(word)?.[1];
    const value = argv[i + 1];
    return option === undefined || value === undefined ? [] : [[option, value]];
  });
  return args.slice(0, MAX_ARGUMENTS);
}

/** The last value given for one of the option's keys; QEMU merges repeated options. */
function last(args: readonly QemuArgument[], option: string, key: string, implied: string): string | undefined {
  const values = args.filter(([name]) => name === option).map(([, text]) => parseQemuOption(text, implied).get(key));
  return values.filter((value) => value !== undefined).at(-1);
}

/** `4096`, in MiB as QEMU means it, `4G`, `524288k`. */
function memoryBytes(text: string | undefined): number {
  const [, number, unit = "m"] = /^(\d+(?:\.\d+)?)([bkmgt])?$/i.exec(text ?? "") ?? [];
  return number === undefined ? DEFAULT_MEMORY_BYTES : Number(number) * (unitBytes[unit.toLowerCase()] ?? MIB);
}

const levels = ["drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads"];

function vcpusOf(args: readonly QemuArgument[]): number {
  const told = Number(last(args, "smp", "cpus", "cpus"));
  if (told >= 1) return told;
  const product = levels.map((level) => Number(last(args, "smp", level, "cpus") ?? 1)).reduce((a, b) => a * b, 1);
  return product > 0 ? product : 1;
}

/** An SMBIOS table of one's own wins over -uuid: it is what the guest reads. */
function uuidOf(args: readonly QemuArgument[]): string {
  const tables = args.filter(([option]) => option === "smbios").map(([, text]) => parseQemuOption(text, "type"));
  const system = tables.find((table) => table.get("type") === "1" && table.has("uuid"));
  const uuid = system?.get("uuid") ?? args.filter(([option]) => option === "uuid").at(-1)?.[1] ?? "";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid) ? uuid.toLowerCase() : "";
}

/** What its series are called; without a name of its own, by its process. */
export function machineName(pid: string, { name }: QemuCommandLine): string {
  return name || `pid-${pid}`;
}

/**
 * @param text /proc/PID/cmdline: words that end in NUL. Never throws: a program may write into its command line what it likes,
 * and what cannot be read says nothing
 */
export function parseQemuCommandLine(text: string): QemuCommandLine {
  const argv = text.split("\0");
  const args = argumentsOf(argv);
  const machine = last(args, "machine", "type", "type") ?? last(args, "M", "type", "type") ?? "";
  return {
    name: last(args, "name", "guest", "guest") ?? "",
    uuid: uuidOf(args),
    machine,
    memoryBytes: memoryBytes(last(args, "m", "size", "size")),
    vcpus: vcpusOf(args),
    nics: qemuNics(args, (argv[0] ?? "").split("/").at(-1) ?? "", machine),
  };
}
