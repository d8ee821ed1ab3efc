import { SourceAbsentError } from "../../src/kernel/host.ts";
import { runProgram } from "../../src/kernel/program.ts";

const never = new AbortController().signal;

test("what a program writes to stdout is returned, whatever the language of the machine", async () => {
  expect(await runProgram("sh", ["-c", "echo $LC_ALL"], never, 100)).toBe("C\n");
});

test("no shell reads the arguments", async () => {
  expect(await runProgram("echo", ["$HOME; exit 3"], never, 100)).toBe("$HOME; exit 3\n");
});

test("a program that is not installed is absent", async () => {
  await expect(runProgram("virtloss-no-such-program", [], never, 100)).rejects.toEqual(
    new SourceAbsentError("virtloss-no-such-program is not installed"),
  );
});

test("one that fails says so in its own words", async () => {
  await expect(runProgram("sh", ["-c", "echo no rights >&2; exit 1"], never, 100)).rejects.toThrow(
    "sh -c echo no rights >&2; exit 1: no rights",
  );
});

test("one that writes too much is ended", async () => {
  await expect(runProgram("yes", [], never, 1000)).rejects.toThrow("maxBuffer");
});

test("one that hangs ends with the signal", async () => {
  const began = performance.now();

  await expect(runProgram("sleep", ["20"], AbortSignal.timeout(50), 100)).rejects.toThrow();

  expect(performance.now() - began).toBeLessThan(5000);
});
