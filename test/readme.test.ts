import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { catalogue } from "../src/catalogue.ts";
import { endAll, start } from "./packaging/program.ts";

interface Block {
  readonly code: string;
  /** Asked until it answers, where the block's program goes on running. */
  readonly readyUrl: string | undefined;
}

const readme = readFileSync("README.md", "utf8");

/** Blocks that are opened by "sh run" or "sh run background URL", without the indentation of the list they stand in. */
const blocks: Block[] = [...readme.matchAll(/^( *)```sh run(?: background (\S+))?\n(.*?)^ *```$/gms)].map((m) => ({
  code: (m[3] ?? "").replaceAll(new RegExp(`^${m[1]}`, "gm"), ""),
  readyUrl: m[2],
}));

/** A program that goes on runs beside the rest until the end. */
function asScript({ code, readyUrl }: Block): string {
  if (readyUrl === undefined) return code;
  return `( ${code.trim()} ) &
for _ in $(seq 300); do curl -sf ${readyUrl} >/dev/null && break; sleep 0.1; done
curl -sf ${readyUrl} >/dev/null
`;
}

test("every marked command of the README does what it says, in its order", async () => {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-readme-"));
  const script = join(directory, "run.sh");
  writeFileSync(
    script,
    ["set -euxo pipefail", "ip link set lo up", "mkdir -p .cache", ...blocks.map(asScript)].join("\n"),
  );

  // In a network namespace of its own: the ports are free, and no packet can leave.
  const running = start("unshare", ["--net", "bash", script]);
  const code = await Promise.race([
    new Promise<string>((resolve) => running.child.once("exit", (status, signal) => resolve(String(status ?? signal)))),
    new Promise<string>((resolve) => setTimeout(resolve, 150_000, "took too long").unref()),
  ]);
  await endAll(running);
  rmSync(directory, { recursive: true });

  // The output stands beside the code, so that a failure shows which command it was.
  expect(code === "0" ? "0" : `${code}\n${running.output()}`).toBe("0");
  expect(running.output()).toMatch(/virtloss_probe_packets_total\{path="loopback"/);
  expect(running.output()).toMatch(/SUCCESS: \d+ rules found/);
  expect(running.output()).toContain("virtloss.yaml is valid");
}, 180_000);

test("the README marks the commands that matter", () => {
  expect(blocks.map((b) => b.readyUrl).filter((url) => url !== undefined)).toHaveLength(2);
  expect(blocks.length).toBeGreaterThanOrEqual(6);
});

const docs = readdirSync("docs")
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);

test.each(["README.md", "src/README.md", "CHANGELOG.md", ...docs])("every file that %s links to exists", (file) => {
  const folder = dirname(file);
  const targets = [...readFileSync(file, "utf8").matchAll(/\]\(([^)#]+)/g)].map((m) => m[1] ?? "");

  const dead = targets.filter((t) => !t.startsWith("https://") && !existsSync(join(folder, t)));

  expect(dead).toEqual([]);
});

test("every metric, recording rule and alert that the pages name exists", () => {
  const metrics = Object.values(catalogue).flatMap((group) => Object.values(group).map((m) => m.name));
  const rules = readFileSync("alerts/virtloss.rules.yaml", "utf8");
  const known = new Set([...metrics, ...[...rules.matchAll(/^ +- (?:record|alert): "?([\w:]+)/gm)].map((m) => m[1])]);
  const pages = [readme, ...docs.map((file) => readFileSync(file, "utf8"))].join("\n");
  const named = new Set(
    [...pages.matchAll(/\b(?:\w+:)?virtloss_[a-z_]*[a-z](?![\w…])(?::\w+)?|\bVirtloss[A-Z]\w+/g)].map((m) => m[0]),
  );

  expect([...named].filter((name) => !known.has(name))).toEqual([]);
  expect(named.size).toBeGreaterThan(40);
});
