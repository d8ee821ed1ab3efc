/** `npm start`: makes a fresh checkout runnable, then is the exporter. `npm start -- ARGUMENTS` passes them to `serve`. */
import { pathToFileURL } from "node:url";
import { ensureBuild, ensureDependencies, ensureNode, program, SetupError } from "./ensure.mjs";

/** The exporter's own exit code for "cannot run". */
const CANNOT_RUN = 3;

try {
  ensureNode();
  ensureDependencies();
  ensureBuild();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`virtloss: cannot start: ${error.message}`);
  process.exit(CANNOT_RUN);
}

// In this process: signals and exit code need no passing on, and no second Node takes memory.
process.argv = [process.execPath, program, "serve", ...process.argv.slice(2)];
await import(pathToFileURL(program).href);
