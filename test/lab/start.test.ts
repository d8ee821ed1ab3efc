import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNamespace, type Finished, type Namespace, program, shownProgram, unprivileged } from "../support/lab.ts";
import { startExporter } from "../support/serving-exporter.ts";

let namespace: Namespace;
beforeAll(async () => {
  namespace = await createNamespace("start");
});
afterAll(async () => {
  await namespace.remove();
});

const serve = (...args: string[]): Promise<Finished> => namespace.run(process.execPath, program, "serve", ...args);

/** The last line on stderr; lines before it are the log of a start that had begun. */
const refusal = ({ code, stdout, stderr }: Finished) => ({
  code,
  stdout,
  message: stderr.trimEnd().split("\n").at(-1),
});

test("a port in use: exit 3, and one line that says what to do", async () => {
  const first = await startExporter(namespace, []);

  const second = await serve();

  const { code } = await first.stop();
  expect(second.stderr.split("\n")).toHaveLength(2);
  expect(refusal(second)).toEqual({
    code: 3,
    stdout: "",
    message:
      "cannot listen on *:10862: the port is in use by another process; stop that one, or choose another port with --listen",
  });
  expect(code).toBe(0);
});

test("an address that this machine does not have: exit 3, and one line", async () => {
  expect(refusal(await serve("--listen", "192.0.2.7:10862"))).toEqual({
    code: 3,
    stdout: "",
    message: "cannot listen on 192.0.2.7:10862: this machine has no such address; `ip address` lists those it has",
  });
});

test("port 80 without the privilege: exit 3, and one line", async () => {
  const command = unprivileged(process.execPath, shownProgram, "serve", "--listen", "127.0.0.1:80");

  const finished = await namespace.run(...(command as [string, ...string[]]));

  expect(refusal(finished)).toEqual({
    code: 3,
    stdout: "",
    message:
      "cannot listen on 127.0.0.1:80: not permitted; ports below 1024 need CAP_NET_BIND_SERVICE, or choose a higher one with --listen",
  });
});

test("a wrong configuration: exit 2, and all errors at once, each with its place", async () => {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-start-"));
  const file = join(directory, "c.yaml");
  writeFileSync(
    file,
    "paths:\n  - {scope: control, target: 127.0.0.1, rte: 5}\n  - {scope: far, target: 127.0.0.2}\nlog: loud\n",
  );

  const { code, stdout, stderr } = await serve("--config", file);

  rmSync(directory, { recursive: true });
  expect({ code, stdout, lines: stderr.replaceAll(file, "c.yaml").trimEnd().split("\n") }).toEqual({
    code: 2,
    stdout: "",
    lines: [
      expect.stringMatching(/^c\.yaml:2:\d+: paths\[0\]\.rte: unknown key; did you mean "rate"\?$/),
      expect.stringMatching(
        /^c\.yaml:3:\d+: paths\[1\]\.scope: expected colocated, gateway, external or control, got "far"$/,
      ),
      expect.stringMatching(/^c\.yaml:4:\d+: log: expected /),
    ],
  });
});

test("probe of a name that does not resolve: exit 3, and where to look", async () => {
  const { code, stdout, stderr } = await namespace.run(process.execPath, program, "probe", "no-such-name.invalid");

  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toMatch(/^no-such-name\.invalid has no address \(.*\): check its spelling/);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
