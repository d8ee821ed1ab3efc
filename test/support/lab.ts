import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The built program. */
export const program = fileURLToPath(new URL("../../dist/src/main.js", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
export const builtModule = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever its exit code; a minute at most unless told otherwise. */
export async function run(
  command: string,
  args: readonly string[],
  { input = "", seconds = 60 }: { readonly input?: string; readonly seconds?: number } = {},
): Promise<Finished> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], timeout: seconds * 1000 });
  const out = collect(child);
  child.stdin.on("error", () => undefined); // a command that does not read has nothing to complain of
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, ...out }));
  });
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const out = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data: Buffer) => {
    out.stdout += data;
  });
  child.stderr?.on("data", (data: Buffer) => {
    out.stderr += data;
  });
  return out;
}

let counter = 0;

/** A network namespace of the test's own. */
export interface Namespace {
  readonly name: string;
  /** Arguments that run a command inside; nsenter leaves /sys of the machine as it is. */
  command(...args: string[]): [string, string[]];
  run(...args: string[]): Promise<Finished>;
  /** Runs a shell line and insists that it succeeds. */
  sh(line: string): Promise<string>;
  /** Loads an nftables rule set. */
  nft(rules: string): Promise<void>;
  /** Packets that the rule with this comment counted. */
  counted(comment: string): Promise<number>;
  spawn(args: readonly string[]): ChildProcess;
  remove(): Promise<void>;
}

export async function createNamespace(label: string): Promise<Namespace> {
  const name = `vl-${process.pid}-${counter++}-${label}`.slice(0, 30);
  await execute("ip", ["netns", "add", name]);
  const command = (...args: string[]): [string, string[]] => ["nsenter", [`--net=/run/netns/${name}`, ...args]];
  const namespace: Namespace = {
    name,
    command,
    run: (...args) => run(...command(...args)),
    async sh(line) {
      const { code, stdout, stderr } = await run(...command("sh", "-ec", line));
      if (code !== 0) throw new Error(`${line}: exit ${code}\n${stderr}`);
      return stdout;
    },
    async nft(rules) {
      const { code, stderr } = await run(...command("nft", "-f", "-"), { input: rules });
      if (code !== 0) throw new Error(`nft: ${stderr}`);
    },
    async counted(comment) {
      const listing = JSON.parse(await namespace.sh("nft -j list ruleset")) as { nftables: NftEntry[] };
      const rule = listing.nftables.find((entry) => entry.rule?.comment === comment)?.rule;
      const counted = rule?.expr.find((expr) => expr.counter)?.counter?.packets;
      if (counted === undefined) throw new Error(`no rule with a counter and the comment ${comment}`);
      return counted;
    },
    spawn: (args) => {
      const [file, all] = command(...args);
      return spawn(file, all, { stdio: ["ignore", "pipe", "pipe"] });
    },
    async remove() {
      await run("ip", ["netns", "del", name]);
    },
  };
  await namespace.sh("ip link set lo up");
  return namespace;
}

interface NftEntry {
  readonly rule?: { readonly comment?: string; readonly expr: { readonly counter?: { readonly packets: number } }[] };
}

/** Two machines on one wire: a prober at 10.77.0.1 and fd77::1, a target at 10.77.0.2 and fd77::2. */
export interface Wire {
  readonly prober: Namespace;
  readonly target: Namespace;
  remove(): Promise<void>;
}

export const TARGET = "10.77.0.2";
export const TARGET6 = "fd77::2";

export async function createWire(): Promise<Wire> {
  const [prober, target] = await Promise.all([createNamespace("prober"), createNamespace("target")]);
  await execute("ip", [
    "-n",
    prober.name,
    "link",
    "add",
    "v0",
    "type",
    "veth",
    "peer",
    "name",
    "v1",
    "netns",
    target.name,
  ]);
  await prober.sh("ip address add 10.77.0.1/24 dev v0; ip address add fd77::1/64 dev v0 nodad; ip link set v0 up");
  await target.sh("ip address add 10.77.0.2/24 dev v1; ip address add fd77::2/64 dev v1 nodad; ip link set v1 up");
  // Neighbours find each other first; IPv6 takes a second for it, and what waits for it is truly lost.
  await prober.sh("ping -q -c 1 -w 5 10.77.0.2 && ping -q -c 1 -w 5 fd77::2");
  return {
    prober,
    target,
    async remove() {
      await Promise.all([prober.remove(), target.remove()]);
    },
  };
}

/** nftables rules at a namespace's input, one statement a line. */
export function inputRules(...statements: string[]): string {
  return `table inet lab {\n  chain input {\n    type filter hook input priority 0; policy accept;\n${statements
    .map((s) => `    ${s}\n`)
    .join("")}  }\n}\n`;
}

/** The checkout as `unprivileged` shows it: nobody may not look into the home of who cloned it. */
const SHOWN_AT = "/mnt";
export const shownProgram = `${SHOWN_AT}/dist/src/main.js`;

/** Puts a command under the user nobody, without any capability and without a way to get one. */
export function unprivileged(...command: string[]): string[] {
  const none = ["--bounding-set", "--inh-caps", "--ambient-caps"].flatMap((option) => [option, "-all"]);
  const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"];
  const show = `mount --bind "$0" ${SHOWN_AT} && exec setpriv "$@"`;
  return ["unshare", "--mount", "sh", "-c", show, root, ...nobody, ...none, ...command];
}
