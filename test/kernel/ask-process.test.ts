import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { askProcess } from "../../src/kernel/ask-process.ts";
import { builtModule } from "../support/lab.ts";

const folder = mkdtempSync(join(tmpdir(), "virtloss-ask-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module whose answer the body makes of `question`. */
function answering(name: string, body: string): URL {
  const file = join(folder, name);
  const answerParent = JSON.stringify(pathToFileURL(builtModule("src/kernel/ask-process.js")).href);
  writeFileSync(
    file,
    `import { answerParent } from ${answerParent};\nanswerParent(async (question) => {\n${body}\n});\n`,
  );
  return pathToFileURL(file);
}

test("an answer arrives as it was given, from another process", async () => {
  const echo = answering("echo.mjs", "return { question, pid: process.pid };");
  const question = { text: "a", missing: undefined, map: new Map([["k", 1]]), pattern: /^eth[0-9]+$/i };

  const answer = (await askProcess(echo, question)) as { pid: number };

  expect(answer).toEqual({ question, pid: expect.any(Number) });
  expect(answer.pid).not.toBe(process.pid);
});

test("an answer of megabytes arrives whole, although its process ends behind it", async () => {
  const large = answering("large.mjs", "return question.repeat(8_000_000);");

  expect(await askProcess(large, "x")).toHaveLength(8_000_000);
});

test("a process that ends by itself, or is killed, is an error that says so", async () => {
  const leaving = answering("leaving.mjs", "process.exit(7);");
  const killed = answering("killed.mjs", 'process.kill(process.pid, "SIGKILL");\nawait new Promise(() => undefined);');

  await expect(askProcess(leaving, 1)).rejects.toThrow("leaving.mjs ended with exit code 7, without an answer");
  await expect(askProcess(killed, 1)).rejects.toThrow("killed.mjs ended by SIGKILL, without an answer");
});

test("it is in a process group of its own, so that signals to ours do not end it", async () => {
  const grouped = answering(
    "grouped.mjs",
    `const { readFileSync } = await import("node:fs");
     const [, , group] = readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ");
     return { pid: process.pid, group: Number(group) };`,
  );

  const { pid, group } = (await askProcess(grouped, 1)) as { pid: number; group: number };

  expect(group).toBe(pid);
});
