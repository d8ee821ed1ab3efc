/** The vCenter simulator of the tests, built from test/support/vcsim. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root, run, SetupError } from "../packaging/ensure.mjs";
import { ensureGo } from "./support/vcsim/toolchain.mjs";

const sources = join(root, "test/support/vcsim");
export const vcsim = join(root, ".cache/tools/bin/vcsim");

/** Of what it is built from. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const name of readdirSync(sources).sort()) {
    if (/\.go$|^go\./.test(name)) hash.update(`${name}\n`).update(readFileSync(join(sources, name)));
  }
  return hash.digest("hex");
}

/**
 * Builds it where it is missing or older than its source.
 * @returns a sentence on what could not be had, or undefined
 */
export function ensureVcsim() {
  const stamp = `${vcsim}.sha256`;
  const wanted = fingerprint();
  if (existsSync(vcsim) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  try {
    const go = ensureGo();
    process.stderr.write(`building the vCenter simulator with ${go}: a minute\n`);
    mkdirSync(dirname(vcsim), { recursive: true });
    run(go, ["build", "-trimpath", "-buildvcs=false", "-o", vcsim, "."], {
      cwd: sources,
      // A workspace or a vendor folder in the checkout's surroundings is none of its business.
      env: {
        ...process.env,
        GOWORK: "off",
        GOFLAGS: "-mod=readonly",
        GOTOOLCHAIN: "auto",
        CGO_ENABLED: "0",
        PATH: `${dirname(go)}${delimiter}${process.env.PATH}`,
      },
    });
    writeFileSync(stamp, wanted);
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return `the vCenter simulator could not be built, and the tests with it fail: ${error.message}`;
  }
}
