/**
 * `npm run bench`: makes dependencies and build ready, then measures inside a network namespace that lives as long as
 * the measuring process. Nothing is left behind, however it ends.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureBuild, ensureDependencies, ensureNode, SetupError } from "../packaging/ensure.mjs";
import { help, parseOptions } from "./options.mjs";

const CANNOT_RUN = 3;
const argv = process.argv.slice(2);

try {
  ensureNode();
  if (parseOptions(argv).help) {
    process.stdout.write(help);
    process.exit(0);
  }
  ensureDependencies();
  ensureBuild();
  if (process.getuid() !== 0) throw new SetupError("it makes network namespaces: run it as root");
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
child.on("error", (error) => {
  console.error(`bench: cannot run: unshare (util-linux): ${error.message}`);
  process.exit(CANNOT_RUN);
});
child.on("exit", (code) => process.exit(code ?? 1));
