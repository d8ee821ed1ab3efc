import { jest } from "@jest/globals";
import { largeInventory } from "../../support/fake-vcenter-examples.mjs";
import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());
afterEach(() => jest.restoreAllMocks());

const MINUTE = 60_000;

/** The exporter's clock from now on goes so much ahead. */
function advanceClock(milliseconds: number): void {
  const real = performance.now.bind(performance);
  jest.spyOn(performance, "now").mockImplementation(() => real() + milliseconds);
}

test("a wrong password is tried once, and again when the file has another or the pause is over", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open({ url: vcenter.url, password: "hunter2" });

  const first = await reader.read();
  const later = [await reader.read(), await reader.read()];
  const attempts = vcenter.logins.length;
  advanceClock(16 * MINUTE);
  await reader.read();
  const afterPause = vcenter.logins.length;
  await reader.read();
  const inSecondPause = vcenter.logins.length;
  reader.setPassword("secret");
  const mended = await reader.read();

  expect(first).toMatchObject({ state: "failed", failure: "credentials" });
  expect(first.detail).toBe("it refuses the login of reader@vsphere.local: mend username or the password");
  expect(later[0]?.detail).toMatch(/not tried again for 15 min, or until the password is another one$/);
  expect([attempts, afterPause, inSecondPause]).toEqual([1, 2, 2]);
  expect(mended.state).toBe("ok");
  expect(vcenter.logins).toEqual([false, false, true]);
  for (const { detail, series } of [first, ...later])
    expect(`${detail} ${[...series.keys()]}`).not.toContain("hunter2");
});

test("a login whose answer is lost is not sent a second time", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.fail("reset", { on: "Login" });

  await bench.open(vcenter).read();

  expect(vcenter.calls.filter((call) => call === "Login")).toHaveLength(1);
});

test("a password that is changed on the server while its session lasts changes nothing, until the session ends", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  await reader.read();
  vcenter.password = "changed";

  const before = await reader.read();
  vcenter.expireSessions();
  const without = [await reader.read(), await reader.read()];
  reader.setPassword("changed");
  const mended = await reader.read();

  expect(before.state).toBe("ok");
  expect(without.map(({ failure }) => failure)).toEqual(["credentials", "credentials"]);
  expect(mended.state).toBe("ok");
  expect(vcenter.logins).toEqual([true, false, true]);
});

test.each(["WaitForUpdatesEx", "QueryPerf", "ReadNextEvents"])(
  "a session that ends in the middle of %s costs a login and nothing else",
  async (call) => {
    const vcenter = await bench.startVcenter();
    const reader = bench.open(vcenter);
    await reader.read();
    vcenter.fail("notAuthenticated", { on: call, times: 1 });

    const told = await reader.read();

    expect(told).toMatchObject({ state: "ok", detail: "" });
    expect(told.by("virtloss_vcenter_machines", "server")).toEqual({ vc: 4 });
    expect(vcenter.logins).toEqual([true, true]);
    expect(vcenter.held()).toEqual([{ views: 1, filters: 1, collectors: 1 }]);
  },
);

test("a server that forgets every session at once is not stormed with logins", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  await reader.read();
  vcenter.fail("notAuthenticated", { on: "WaitForUpdatesEx" });

  const told = await reader.read();

  expect(told.state).toBe("failed");
  expect(vcenter.logins).toHaveLength(2);
});

test("a session that is not used any more is ended on the server", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  await reader.read();

  reader.close();
  await bench.eventually(() => vcenter.held().length === 0);

  expect(vcenter.held()).toEqual([]);
});

test("a hundred readings hold one view, one filter and one collector of events", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);

  for (let i = 0; i < 100; i++) await reader.read();

  expect(vcenter.held()).toEqual([{ views: 1, filters: 1, collectors: 1 }]);
  expect(vcenter.logins).toHaveLength(1);
});

test("facts that the account may not read are missing with the privilege's name, and come when it may", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  vcenter.inventory.denied = [{ id: "vm-101", path: "config", privilege: "System.Read" }];

  const denied = await reader.read();
  vcenter.inventory.denied = [];
  vcenter.changed();
  const allowed = await reader.read();

  expect(denied.state).toBe("ok");
  expect(denied.detail).toMatch(/facts are missing for want of System\.Read/);
  expect(denied.by("virtloss_vcenter_missing_privilege", "privilege")).toEqual({ "System.Read": 1 });
  expect(denied.by("virtloss_vm_vcpus", "vm")).toEqual({ vm102: 2, vm103: 2, vm104: 2 });
  expect(allowed).toMatchObject({ state: "ok", detail: "" });
  expect(allowed.by("virtloss_vcenter_missing_privilege", "privilege")).toEqual({});
  expect(allowed.by("virtloss_vm_vcpus", "vm")).toEqual({ vm101: 2, vm102: 2, vm103: 2, vm104: 2 });
});

test.each(["QueryPerf", "CreateCollectorForEvents"])("without the privilege for %s the rest is read", async (call) => {
  const machines = 400;
  const vcenter = await bench.startVcenter({ inventory: largeInventory(machines) });
  vcenter.fail("noPermission", { on: call });

  const told = await bench.open(vcenter).read();

  expect(told).toMatchObject({ state: "ok", detail: expect.stringMatching(/NoPermission/) });
  expect(Object.keys(told.by("virtloss_vm_vcpus", "vm"))).toHaveLength(machines);
  expect(told.detail.length).toBeLessThan(200);
});

const certificates = [
  ["expired", /^its certificate has expired: renew it\. .* fingerprint ([0-9A-F]{2}:){31}[0-9A-F]{2}\. /],
  ["selfSigned", /^its certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): set tls\.ca_file\. .* fingerprint /],
  ["unknownAuthority", /^its certificate is not trusted \(.*\): set tls\.ca_file\. .* by stranger, .* fingerprint /],
  ["wrongHost", /^its certificate is for another host: .* for DNS:vcenter\.example\.org, .* tls\.server_name/],
] as const;

test.each(certificates)(
  "a certificate that is %s is refused with what it says, before any login",
  async (kind, detail) => {
    const vcenter = await bench.startVcenter();
    const reader = bench.open(vcenter);
    vcenter.useCertificate(bench.certificates[kind]);

    const refused = await reader.read();
    vcenter.useCertificate(bench.certificates.good);
    const trusted = await reader.read();

    expect(refused.detail).toMatch(detail);
    expect(refused.by("virtloss_server_failure", "reason")).toEqual({ certificate: 1 });
    expect(trusted.state).toBe("ok");
    expect(vcenter.logins).toEqual([true]);
  },
);

test("a certificate that expires under an open connection is refused at the next one", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  await reader.read();
  vcenter.useCertificate(bench.certificates.expired);

  const refused = await reader.read();

  expect(refused.failure).toBe("certificate");
});

test("with tls.server_name the certificate's own name is what counts", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.useCertificate(bench.certificates.wrongHost);
  const { caFile } = bench.certificates;

  const told = await bench
    .open(vcenter, { tls: { caFile, serverName: "vcenter.example.org", insecureSkipVerify: false } })
    .read();

  expect(told.state).toBe("ok");
});
