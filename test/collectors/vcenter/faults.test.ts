import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";
import { longestTurnMs } from "../../support/loop-turns.ts";
import type { Told } from "../../support/reading-vcenter.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());

const TIMEOUT_SECONDS = 1;
/** For those that are large: reading up to the limit takes seconds. */
const LONG_TIMEOUT_SECONDS = 15;
const LARGE = ["huge", "longText", "longAttribute"];
const LONGEST_TURN_MS = 50;

/** What strikes the third reading in the place of an answer to WaitForUpdatesEx, the reason that it gives, and what it says. */
const broken: readonly (readonly [fault: string, reason: string, detail: RegExp])[] = [
  ["unavailable", "unreachable", /status 503: it is starting, or overloaded$/],
  ["reset", "unreachable", /closed the connection before its answer was whole/],
  ["resetInTheMiddle", "unreachable", /closed the connection before its answer was whole/],
  ["hang", "unreachable", /^no whole answer within the timeout/],
  ["slow", "unreachable", /^no whole answer within the timeout/],
  ["unauthorized", "credentials", /status 401: a proxy before it wants a login$/],
  ["movedAway", "answer", /redirects \(status 302\): write the last URL into the configuration$/],
  ["loginPage", "answer", /not XML: is this the URL of a vCenter's \/sdk\?$/],
  ["empty", "answer", /answer to WaitForUpdatesEx cannot be read/],
  ["noSoap", "answer", /answer to WaitForUpdatesEx cannot be read: XML: expected Envelope, got hello$/],
  ["half", "answer", /answer to WaitForUpdatesEx cannot be read/],
  ["systemError", "answer", /^WaitForUpdatesEx: SystemError: A general system error occurred: internal error$/],
  ["noPermission", "privilege", /NoPermission.* give the user the role Read-only at the root, with its children$/],
  ["gzip", "answer", /packed \(gzip\)/],
  ["utf16", "answer", /expected UTF-8, got other bytes$/],
  ["latin1", "answer", /expected UTF-8, got other bytes$/],
  ["brokenUtf8", "answer", /expected UTF-8, got other bytes$/],
  ["deep", "answer", /expected elements at most 100 deep, got more$/],
  ["entities", "answer", /expected no document type, got one$/],
  ["externalEntity", "answer", /expected no document type, got one$/],
  ["huge", "answer", /larger than 32 MiB$/],
  ["longText", "answer", /larger than 32 MiB$/],
  ["longAttribute", "answer", /larger than 32 MiB$/],
];

test.each(broken)(
  "an answer that is %s is a failure for the reason %s, and over when it is over",
  async (fault, reason, detail) => {
    const vcenter = await bench.startVcenter();
    const timeoutSeconds = LARGE.includes(fault) ? LONG_TIMEOUT_SECONDS : TIMEOUT_SECONDS;
    const reader = bench.open(vcenter, { timeoutSeconds });
    const before = await reader.read();
    vcenter.inventory.vms = vcenter.inventory.vms.map((vm) => (vm.id === "vm-101" ? { ...vm, name: "größer" } : vm));
    vcenter.changed();
    vcenter.fail(fault, { on: "WaitForUpdatesEx" });
    let during: Told | undefined;

    const turnMs = await longestTurnMs(async () => {
      during = await reader.read();
    });

    vcenter.heal();
    const after = await reader.read();
    expect(before.state).toBe("ok");
    expect(during?.detail).toMatch(detail);
    expect(during?.by("virtloss_collector_state", "state")).toEqual({ ok: 0, absent: 0, failed: 1 });
    expect(during?.by("virtloss_server_failure", "server", "reason")).toEqual({ [`vc ${reason}`]: 1 });
    expect(during?.durationSeconds).toBeLessThan(timeoutSeconds + 4);
    expect(turnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(after).toMatchObject({ state: "ok", detail: "" });
    expect(after.by("virtloss_server_failure", "reason")).toEqual({});
    expect(after.by("virtloss_vm_vcpus", "vm")).toEqual({ größer: 2, vm102: 2, vm103: 2, vm104: 2 });
  },
);

test.each(["RetrieveServiceContent", "Login", "RetrievePropertiesEx", "CreateContainerView", "CreateFilter"])(
  "a server that answers nothing to %s is told, and read as soon as it answers",
  async (call) => {
    const vcenter = await bench.startVcenter();
    const reader = bench.open(vcenter, { timeoutSeconds: TIMEOUT_SECONDS });
    vcenter.fail("hang", { on: call });

    const during = await reader.read();
    vcenter.heal();
    const after = await reader.read();

    expect(during).toMatchObject({ state: "failed", failure: "unreachable" });
    expect(after).toMatchObject({ state: "ok", detail: "" });
  },
);

test("an answer with a byte order mark is read", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.fail("byteOrderMark");

  const told = await bench.open(vcenter).read();

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(told.by("virtloss_vcenter_machines", "server")).toEqual({ vc: 4 });
});

const steps = ["RetrievePropertiesEx", "CreateContainerView", "CreateFilter", "WaitForUpdatesEx"];

test.each(steps)("readings that fail at %s over and over leave no more than one login behind", async (call) => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  vcenter.fail("half", { on: call });

  for (let i = 0; i < 6; i++) expect((await reader.read()).state).toBe("failed");
  await bench.eventually(() => vcenter.held().length <= 1);

  expect(vcenter.logins.length).toBeLessThanOrEqual(6);
  expect(vcenter.held().length).toBeLessThanOrEqual(1);
});

test("a server that is down is told, and read again when it is back", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  await reader.read();
  await vcenter.down();

  const during = await reader.read();
  await vcenter.up();
  const after = await reader.read();

  expect(during).toMatchObject({ state: "failed", failure: "unreachable" });
  expect(during.detail).toBe("nothing listens there: start the server, or mend host and port of the URL");
  expect(after).toMatchObject({ state: "ok", detail: "" });
});

test("the events are no reason to lose the machines", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter, { timeoutSeconds: TIMEOUT_SECONDS });
  vcenter.fail("hang", { on: "ReadNextEvents" });

  const told = await reader.read();

  expect(told).toMatchObject({ state: "ok", detail: expect.stringMatching(/^events are not read: /) });
  expect(told.by("virtloss_vcenter_machines", "server")).toEqual({ vc: 4 });
});

test("an answer that is still coming at its deadline is told as too slow", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.fail("slow", { on: "RetrieveServiceContent" });

  const told = await bench.open(vcenter, { timeoutSeconds: TIMEOUT_SECONDS }).read();

  expect(told.detail).toMatch(/^no whole answer within the timeout/);
});
