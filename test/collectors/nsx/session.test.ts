import type { FakeNsx } from "../../support/fake-nsx.mjs";
import { segment, segmentStatistics } from "../../support/fake-nsx-objects.mjs";
import { createNsxLab, readOnce } from "./support.ts";

const lab = createNsxLab();
afterAll(() => lab.stop());
beforeEach(() => {
  lab.password = "right";
});

const MINUTE = 60_000;
const failure = (reason: string, message: RegExp) =>
  expect.objectContaining({ name: "ServerError", reason, message: expect.stringMatching(message) });

async function startSmall() {
  const manager = await lab.start();
  manager.objects = [segment("web")];
  manager.statistics.set("/infra/segments/web", segmentStatistics());
  return manager;
}

test("one login lasts for many readings", async () => {
  const manager = await startSmall();
  const source = lab.open(manager);

  for (let i = 0; i < 3; i++) await readOnce(source);

  expect(manager.logins).toEqual([true]);
});

test.each([401, 403] as const)(
  "a session that expired between readings, told with %d, costs one login and no reading",
  async (status) => {
    const manager = await startSmall();
    manager.expiredStatus = status;
    const source = lab.open(manager);
    const before = await readOnce(source);
    lab.nowMs += MINUTE;
    manager.expire();

    const after = await readOnce(source);

    expect(after.series).toEqual(before.series);
    expect(manager.logins).toEqual([true, true]);
  },
);

test("a session that expires in the middle of a reading costs one login, however many questions find it out", async () => {
  const manager = await lab.start();
  manager.objects = Array.from({ length: 40 }, (_, i) => segment(`s${i}`));
  for (let i = 0; i < 40; i++)
    manager.statistics.set(`/infra/segments/s${i}`, { dropped_by_firewall_packets: { rx_dropped: i } });
  const source = lab.open(manager);
  onQuestion(manager, "/s20/statistics", () => manager.expire());

  const { series, notes } = await readOnce(source);

  expect(notes).toEqual([]);
  expect(Object.keys(series).filter((name) => name.startsWith("virtloss_nsx_segment_drops_total"))).toHaveLength(40);
  expect(manager.logins).toEqual([true, true]);
});

test("a question that finds out late that its session has expired uses the one that another has begun", async () => {
  const manager = await lab.start();
  const names = ["late", "a", "b", "c"];
  manager.objects = names.map((name) => segment(name));
  for (const name of names) manager.statistics.set(`/infra/segments/${name}`, segmentStatistics());
  const late = "/policy/api/v1/infra/segments/late/statistics";
  manager.faults.set(late, { status: 401, afterMs: 300 });
  onQuestion(manager, "/late/statistics", () => {
    if (manager.faults.delete(late)) manager.expire();
  });

  const { notes } = await readOnce(lab.open(manager));

  expect(notes).toEqual([]);
  expect(manager.logins).toEqual([true, true]);
});

test("a wrong password is tried once, then not again for 15 minutes, then at once when it is another one", async () => {
  const manager = await startSmall();
  lab.password = "wr0ng-secret";
  const source = lab.open(manager);

  await expect(readOnce(source)).rejects.toEqual(
    failure("credentials", /^it refuses the login of monitor: mend username/),
  );
  for (let i = 0; i < 5; i++) {
    lab.nowMs += 2 * MINUTE;
    await expect(readOnce(source)).rejects.toEqual(failure("credentials", /not tried again for \d+ min/));
  }
  await expect(readOnce(source)).rejects.not.toThrow(/wr0ng-secret/);
  expect(manager.logins).toEqual([false]);

  lab.nowMs += 5 * MINUTE;
  await expect(readOnce(source)).rejects.toThrow();
  expect(manager.logins).toEqual([false, false]);

  lab.password = "right";
  await readOnce(source);
  expect(manager.logins).toEqual([false, false, true]);
});

test("a password that changes on the manager while its session expires is refused once", async () => {
  const manager = await startSmall();
  const source = lab.open(manager);
  await readOnce(source);
  manager.password = "another";
  manager.expire();

  await expect(readOnce(source)).rejects.toEqual(failure("credentials", /refuses the login/));
  await expect(readOnce(source)).rejects.toEqual(failure("credentials", /not tried again/));

  expect(manager.logins).toEqual([true, false]);
});

test("a manager that forgets each session at once, as a load balancer makes it seem, is not asked to log in over and over", async () => {
  const manager = await startSmall();
  manager.faults.set("/policy", 401);
  const source = lab.open(manager);

  await expect(readOnce(source)).rejects.toEqual(failure("credentials", /has just given.* load balancer/));

  expect(manager.logins).toEqual([true, true]);
});

test("what the account may not read is noted with the role to give, and costs one more login in its life", async () => {
  const manager = await startSmall();
  manager.faults.set("/policy/api/v1/search/query?query=resource_type:QoSProfile", 403);
  const source = lab.open(manager);

  const first = await readOnce(source);
  expect(first.notes).toEqual([
    "QoS profiles (/policy/api/v1/search/query): monitor may not read it: give it the role Auditor",
  ]);
  expect(first.series['virtloss_nsx_segments{server="nsx-a"}']).toBe(1);
  for (let i = 0; i < 5; i++) {
    lab.nowMs += MINUTE;
    await readOnce(source);
  }
  expect(manager.logins).toEqual([true, true]);

  manager.faults.clear();
  expect((await readOnce(source)).notes).toEqual([]);
  expect(manager.logins).toEqual([true, true]);
});

test("an account that may read nothing lacks a privilege", async () => {
  const manager = await startSmall();
  manager.faults.set("/policy", 403);

  await expect(readOnce(lab.open(manager))).rejects.toEqual(failure("privilege", /give it the role Auditor$/));

  expect(manager.logins).toEqual([true]);
});

test.each([
  ["a server that is no NSX manager", "<html>hello</html>", "answer", /cookie JSESSIONID and the header X-XSRF-TOKEN/],
  ["a manager that starts", 503, "unreachable", /status 503: it is starting, or overloaded/],
  ["a redirection", 302, "answer", /status 302, a redirection: write the last URL/],
  ["a login page that is not there", 404, "answer", /status 404/],
] as const)("%s fails at the login, and no password is held against it", async (_, fault, reason, message) => {
  const manager = await startSmall();
  manager.faults.set("/api/session/create", fault);
  const source = lab.open(manager);

  await expect(readOnce(source)).rejects.toEqual(failure(reason, message));

  manager.faults.clear();
  await readOnce(source);
});

test("a certificate that is not trusted is shown with its fingerprint, and a CA file that is mended is read again", async () => {
  const manager = await lab.start({ certificate: lab.certificates.selfSigned });
  manager.objects = [segment("web")];

  await expect(readOnce(lab.open(manager))).rejects.toEqual(
    failure("certificate", /SHA-256 fingerprint .*tls\.ca_file/),
  );
  expect(manager.logins).toEqual([]);

  const trusting = lab.open(manager, { tls: { caFile: undefined, serverName: undefined, insecureSkipVerify: true } });
  await readOnce(trusting);
});

test("closing logs out, so that sessions do not pile up on the manager", async () => {
  const manager = await startSmall();
  const source = lab.open(manager);
  await readOnce(source);

  source.close();
  await waitFor(() => manager.logouts === 1);

  expect(manager.sessions).toBe(0);
});

test("closing ends a reading that is under way, and nothing is asked after it", async () => {
  const manager = await lab.start();
  manager.objects = Array.from({ length: 100 }, (_, i) => segment(`s${i}`));
  for (let i = 0; i < 100; i++) manager.statistics.set(`/infra/segments/s${i}`, segmentStatistics());
  const source = lab.open(manager);
  onQuestion(manager, "/s5/statistics", () => source.close());

  await expect(readOnce(source)).rejects.toThrow(/./);
  await waitFor(() => manager.sessions === 0);

  expect(manager.asked.filter((question) => question.endsWith("/statistics")).length).toBeLessThan(15);
});

/** Does something before the answer to a question. */
function onQuestion(manager: FakeNsx, part: string, act: () => void): void {
  const push = manager.asked.push.bind(manager.asked);
  manager.asked.push = (question) => {
    if (question.includes(part)) act();
    return push(question);
  };
}

async function waitFor(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}
