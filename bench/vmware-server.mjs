import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { vcsim } from "../test/vcsim.mjs";
import { temporaryFolder } from "./exporter.mjs";
import { start } from "./lab.mjs";

const USERNAME = "monitor@vsphere.local";
const PASSWORD = "secret";
/** A peer knows no other port. */
const PORT = 443;
const MACHINES_PER_HOST = 50;
const HOSTS_PER_CLUSTER = 10;

/**
 * Starts a vCenter simulator in this namespace, on the port that a vCenter has.
 * @returns what a client needs, as the configuration names it, and how to end it
 */
export async function startVcenter(machines) {
  const folder = temporaryFolder();
  const caFile = join(folder, "ca.pem");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, PASSWORD);
  const sizes = {
    clusters: machines / MACHINES_PER_HOST / HOSTS_PER_CLUSTER,
    hosts: HOSTS_PER_CLUSTER,
    vms: machines,
    portgroups: 20,
  };
  const child = start(
    vcsim,
    [
      ...Object.entries(sizes).flatMap(([name, value]) => [`-${name}`, `${value}`]),
      ...["-listen", `127.0.0.1:${PORT}`, "-user", USERNAME, "-password", PASSWORD, "-certificate", caFile],
    ],
    // Its datastores are folders, which go with ours.
    { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, TMPDIR: folder } },
  );
  const ready = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => undefined),
  ]);
  if (ready === undefined) throw new Error("the vCenter simulator does not start");
  const { url } = JSON.parse(ready[0]);
  return {
    settings: { url, username: USERNAME, password_file: passwordFile, tls: { ca_file: caFile } },
    login: { host: new URL(url).hostname, username: USERNAME, password: PASSWORD },
    async stop() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
