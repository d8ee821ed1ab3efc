import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const UNIT = "packaging/systemd/virtloss.service";
/** Of 10; under 2 is what the strictest services of a Debian system reach. */
const MOST_EXPOSURE = 2;

let directory: string;
let unit: string;

/** With the Node.js that is here, because systemd-analyze looks whether the program exists. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-unit-"));
  unit = join(directory, "virtloss.service");
  writeFileSync(unit, readFileSync(UNIT, "utf8").replace("/usr/bin/node", process.execPath));
});

afterAll(() => rmSync(directory, { recursive: true }));

test("systemd accepts the unit without a warning", () => {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" });

  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});

test("systemd accepts the drop-in for a host of virtual machines", () => {
  const host = join(directory, "host");
  mkdirSync(join(host, "virtloss.service.d"), { recursive: true });
  copyFileSync(unit, join(host, "virtloss.service"));
  copyFileSync("packaging/systemd/kvm-host.conf", join(host, "virtloss.service.d/kvm-host.conf"));
  // Without a line that systemd would refuse, the test would pass where the drop-in is not read at all.
  writeFileSync(join(host, "virtloss.service.d/wrong.conf"), "[Service]\nNoSuchOption=1\n");

  const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(host, "virtloss.service")], {
    encoding: "utf8",
  });

  expect(stderr).toContain("NoSuchOption");
  expect(stderr).not.toContain("kvm-host.conf");
});

test("the unit exposes little", () => {
  const report = execFileSync("systemd-analyze", ["security", "--offline=true", unit], { encoding: "utf8" });

  const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1]);

  expect(score).toBeLessThanOrEqual(MOST_EXPOSURE);
});

test("nothing in it stops Node.js, and its configuration is valid", () => {
  const text = readFileSync(UNIT, "utf8");
  const options = text.split("\n").filter((line) => !line.startsWith("#"));

  const plan = execFileSync(
    process.execPath,
    ["dist/src/main.js", "check", "--config", "packaging/systemd/virtloss.yaml"],
    {
      encoding: "utf8",
    },
  );

  expect(options.filter((line) => /^(MemoryDenyWriteExecute|ProcSubset|PrivateUsers)=/.test(line))).toEqual([]);
  expect(options).toContain("LoadCredential=product_uuid:/sys/class/dmi/id/product_uuid");
  expect(plan).toContain("loopback");
});
