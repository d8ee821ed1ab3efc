import { readFileSync } from "node:fs";
import { type Finished, program, run } from "../support/lab.ts";

const virtloss = (...args: string[]): Promise<Finished> => run(process.execPath, [program, ...args]);
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

test("--version is that of the package", async () => {
  expect(await virtloss("--version")).toEqual({ code: 0, stdout: `virtloss ${version}\n`, stderr: "" });
});

test("without arguments, and with --help, it shows what it can do", async () => {
  const [nothing, help] = await Promise.all([virtloss(), virtloss("--help")]);

  expect(nothing).toEqual(help);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const command of ["serve", "probe", "check", "rules", "dashboards"]) {
    expect(help.stdout).toMatch(new RegExp(`^ {2}virtloss ${command} +\\w`, "m"));
  }
});

test.each(["serve", "probe", "check", "rules", "dashboards"])("%s --help has an example", async (command) => {
  const { code, stdout, stderr } = await virtloss(command, "--help");

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`virtloss ${command} `);
  expect(stdout).toMatch(/\nExample: virtloss /);
});

test.each([
  ["a command that there is not", ["prob"], 'there is no command "prob"; try virtloss --help'],
  ["a command with the name of something else", ["toString"], 'there is no command "toString"; try virtloss --help'],
  ["an unknown option of serve", ["serve", "--liste", ":1"], "Unknown option '--liste'"],
  ["an argument that serve does not take", ["serve", "10.0.0.1"], 'expected no further argument, got "10.0.0.1"'],
  ["an option without its value", ["serve", "--config"], "Option '--config <value>' argument missing"],
])("%s: exit 2 and one line", async (_, args, message) => {
  expect(await virtloss(...args)).toEqual({ code: 2, stdout: "", stderr: `${message}\n` });
});

test("a path on the command line with an unknown scope: exit 2, and the scopes", async () => {
  expect(await virtloss("serve", "--path", "nearby=127.0.0.1")).toEqual({
    code: 2,
    stdout: "",
    stderr: '--path: expected a scope (colocated, gateway, external, control) before the =, got "nearby=127.0.0.1"\n',
  });
});
