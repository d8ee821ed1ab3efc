import { program, run } from "../support/lab.ts";

test.each([
  [["--listen", "reflector.example:862"], "--listen: expected [ADDRESS]:PORT with an IP address"],
  [["--allow", "10.0.0.0/33"], "--allow: expected a network such as 10.0.0.0/8"],
  [["--source-rate", "fast"], "--source-rate: expected packets per second"],
  [["--key-file", "/nowhere"], "/nowhere: cannot be used: no such file"],
  [["more"], "expected no further argument"],
])("reflect %j ends with 2 and says what was expected", async (args, message) => {
  const { code, stdout, stderr } = await run(process.execPath, [program, "reflect", ...args]);

  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("--help shows an example and every option", async () => {
  const { code, stdout } = await run(process.execPath, [program, "reflect", "--help"]);

  expect(code).toBe(0);
  for (const text of [
    "--listen",
    "--allow",
    "--key-file",
    "--source-rate",
    "--total-rate",
    "Example: virtloss reflect",
  ]) {
    expect(stdout).toContain(text);
  }
});
