/** The Debian packages that tests need, installed where this can be done. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./ensure.mjs";

/** A program of each package tells whether it is there, so that other systems are served as well. */
const programs = {
  nft: "nftables",
  fping: "fping",
  ping: "iputils-ping",
  ethtool: "ethtool",
  promtool: "prometheus",
  amtool: "prometheus-alertmanager",
  chromium: "chromium",
  tcpdump: "tcpdump",
  ip: "iproute2",
  ps: "procps",
  iperf3: "iperf3",
  curl: "curl",
  openssl: "openssl",
  mount: "mount",
  "systemd-analyze": "systemd",
  "qemu-system-x86_64": "qemu-system-x86",
  libvirtd: "libvirt-daemon-system",
  virsh: "libvirt-clients",
  busybox: "busybox-static",
  cpio: "cpio",
  xz: "xz-utils",
  zstd: "zstd",
  "mkfs.ext4": "e2fsprogs",
  setpriv: "util-linux",
  "ovs-vswitchd": "openvswitch-switch",
};

const POLICY = "/usr/sbin/policy-rc.d";
const searched = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];

function isInstalled(program) {
  return searched.some((directory) => existsSync(join(directory, program)));
}

/** @returns names of Debian packages */
export function missingPackages() {
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  return missing.map(([, name]) => name);
}

/** Debian starts the services that it installs; tests start their own. 101 is the policy's word for "do not". */
function withoutServices(install) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(POLICY);
  }
}

/** @throws SetupError where apt fails */
export function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = ["-q", "-o", "DPkg::Lock::Timeout=300"];
  withoutServices(() => {
    run("apt-get", [...options, "update"], { env });
    run("apt-get", [...options, "install", "--yes", "--no-install-recommends", ...packages], { env });
  });
}

/** @returns version that apt would install, such as "1.85.0", or undefined; lists of packages are fetched first */
export function candidateVersion(name) {
  run("apt-get", ["-q", "update"]);
  const { stdout } = spawnSync("apt-cache", ["policy", name], { encoding: "utf8" });
  return /Candidate: (?:\d+:)?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
}

export function canInstall() {
  return process.getuid?.() === 0 && isInstalled("apt-get");
}
