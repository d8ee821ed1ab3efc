/**
 * The bench's machines: this process is in a namespace without any network, the prober's end of a wire. The target's end
 * is the namespace of a child that ends with us, and the kernel takes both away with their last process.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const TARGET = "10.79.0.2";
const SETUP_SECONDS = 5;

/** The n-th of the 65,000 addresses that the target answers on. */
export function targetAddress(n) {
  return `10.80.${n >> 8}.${n & 255}`;
}

/** The first so many of them. */
export function targetAddresses(count) {
  return Array.from({ length: count }, (_, n) => targetAddress(n + 1));
}

const children = new Set();

/** Starts a program that is ended with the bench at the latest. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
  children.add(child);
  child.on("exit", () => children.delete(child));
  return child;
}

/** Ends a program that `start` started, by its own signal handler if it has one. */
export async function stop(child, signal = "SIGTERM") {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

export function stopAll() {
  for (const child of children) child.kill("SIGKILL");
}

/** Runs a command to its end. @returns what it printed @throws Error with what it complained of */
export function run(command, args, input = "") {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit ${status}\n${stderr}`);
  return stdout;
}

/** Optional peers are looked up once; a missing one is no error. */
export function installed(command) {
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", command]).status === 0;
}

/** @typedef {{ pid: number, inTarget: (command: string, args: string[], input?: string) => string }} Wire */

/** Connects the two namespaces. @returns {Promise<Wire>} */
export async function createWire() {
  const holder = start("unshare", ["--net", "cat"], { stdio: ["pipe", "ignore", "ignore"] });
  const { pid } = holder;
  for (let waited = 0; namespaceOf(pid) === namespaceOf(process.pid); waited += 0.01) {
    if (waited > SETUP_SECONDS) throw new Error("unshare made no network namespace");
    await sleep(10);
  }
  const inTarget = (command, args, input) => run("nsenter", [`--net=/proc/${pid}/ns/net`, command, ...args], input);
  const sh = (script) => run("sh", ["-ec", script]);
  sh(`ip link set lo up; ip link add v0 type veth peer name v1 netns ${pid}; ip address add 10.79.0.1/24 dev v0`);
  inTarget("sh", [
    "-ec",
    `ip link set lo up; ip address add ${TARGET}/24 dev v1; ip link set v1 up; ip route add local 10.80.0.0/16 dev lo`,
  ]);
  sh(`ip link set v0 up; ip route add 10.80.0.0/16 via ${TARGET}; ping -q -c 1 -w 5 ${TARGET}`);
  // As systemd sets it: everyone may open ICMP datagram sockets.
  writeFileSync("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
  return { pid, inTarget };
}

function namespaceOf(pid) {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

/**
 * Counts echo requests at the target, whoever sent them, and drops every n-th where told.
 * @param {Wire} wire
 * @returns {() => { seen: number, dropped: number }}
 */
export function countRequests({ inTarget }, dropEvery = 0) {
  const drop = dropEvery === 0 ? "" : `icmp type echo-request numgen inc mod ${dropEvery} == 0 counter drop\n`;
  inTarget(
    "nft",
    ["-f", "-"],
    `table inet bench {}; delete table inet bench
table inet bench { chain input { type filter hook input priority 0; policy accept;
icmp type echo-request counter
${drop}}
}\n`,
  );
  return () => {
    const { nftables } = JSON.parse(inTarget("nft", ["-j", "list", "table", "inet", "bench"]));
    const [seen = 0, dropped = 0] = nftables
      .flatMap(({ rule }) => rule?.expr ?? [])
      .flatMap(({ counter }) => counter?.packets ?? []);
    return { seen, dropped };
  };
}
