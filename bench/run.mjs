/**
 * `npm run bench`: makes dependencies and build ready, then measures inside a network namespace that lives as long as
 * the measuring process. Nothing is left behind, however it ends.
 */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureBuild, ensureDependencies, ensureNode, program, SetupError } from "../packaging/ensure.mjs";
import { help, parseOptions } from "./options.mjs";
import { show } from "./show.mjs";
import { ensureVmware } from "./vmware-peer.mjs";

const CANNOT_RUN = 3;
const needed = { unshare: "util-linux", ip: "iproute2", nft: "nftables", ping: "iputils-ping" };
const argv = process.argv.slice(2);

try {
  ensureNode();
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  if (options.from) {
    show(options);
    process.exit(0);
  }
  ensureDependencies();
  if (options.program === program) ensureBuild();
  ensureSystem();
  // Inside, no registry can be reached.
  if (options.only.includes("vmware")) ensureVmware();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`bench: cannot run: ${error.message}`);
  process.exit(CANNOT_RUN);
}

const inside = fileURLToPath(new URL("inside.mjs", import.meta.url));
const child = spawn("unshare", ["--net", process.execPath, inside, ...argv], { stdio: "inherit" });
// Ctrl-C reaches the child by itself; it tidies up, and we report its exit.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code) => process.exit(code ?? 1));

function ensureSystem() {
  if (process.getuid() !== 0) throw new SetupError("it makes network namespaces: run it as root");
  for (const [command, package_] of Object.entries(needed)) {
    if (spawnSync("sh", ["-c", 'command -v "$1"', "sh", command]).status === 0) continue;
    throw new SetupError(`"${command}" is not installed: apt-get install ${package_}`);
  }
}
