import { readFileSync } from "node:fs";
import { domainStats, parseDomstats, type Stat } from "../../../src/collectors/libvirt/parse.ts";

const captured = (name: string) => readFileSync(`test/fixtures/libvirt-9.0/${name}.txt`, "utf8");

function statsOf(name: string) {
  return [...parseDomstats(captured(name))].map(({ name, stats }) => ({ name, ...domainStats(name, stats) }));
}

test("a guest with a balloon driver tells everything", () => {
  expect(statsOf("domstats-balloon")).toEqual([
    {
      name: "h2vm",
      state: 1,
      busy: false,
      vcpus: 2,
      vcpuTimes: [
        { vcpu: 0, runSeconds: 3.6, readySeconds: 3.283897877, waitSeconds: 0 },
        { vcpu: 1, runSeconds: 2.4, readySeconds: 2.751181065, waitSeconds: 0 },
      ],
      nics: new Map([
        ["vnet0", { toGuest: { packets: 10, drops: 0 }, fromGuest: { packets: 2, drops: 0 } }],
        ["vnet1", { toGuest: { packets: 3, drops: 1 }, fromGuest: { packets: 0, drops: 0 } }],
      ]),
      memory: {
        max: 524288 * 1024,
        ballooned: 0,
        unused: 421992 * 1024,
        guestSwapIn: 0,
        guestSwapOut: 0,
      },
    },
  ]);
});

test("a guest whose balloon driver never spoke leaves unknown what only it knows", () => {
  const [kvm] = statsOf("domstats-kvm");

  expect(kvm?.memory).toEqual({
    max: 524288 * 1024,
    ballooned: 0,
    unused: undefined,
    guestSwapIn: undefined,
    guestSwapOut: undefined,
  });
  expect(kvm?.vcpuTimes.map(({ readySeconds }) => readySeconds)).toEqual([1.431947031, 0.129528055]);
});

test("figures that a driver left behind before it was reset are not believed", () => {
  const stats: Stat[] = [
    ["balloon.swap_in", 5],
    ["balloon.swap_out", 6],
    ["balloon.unused", 7],
    ["balloon.last-update", 0],
  ];

  expect(domainStats("web", stats).memory).toMatchObject({ guestSwapIn: undefined, unused: undefined });
  expect(domainStats("web", stats.slice(0, 3)).memory).toMatchObject({ guestSwapIn: 5120, unused: 7168 });
});

test("a balloon that took something is the maximum less what is left", () => {
  const stats: Stat[] = [
    ["balloon.maximum", 524288],
    ["balloon.current", 307200],
  ];

  expect(domainStats("web", stats).memory.ballooned).toBe((524288 - 307200) * 1024);
  expect(domainStats("web", stats.slice(0, 1)).memory.ballooned).toBeUndefined();
});

test("a paused machine without NICs and balloon, beside a running one", () => {
  const [db, web] = statsOf("domstats");

  expect(db).toMatchObject({ name: "db", state: 3, busy: false, vcpus: 1, nics: new Map() });
  expect(web?.name).toBe("web <1>");
  expect([...(web?.nics.keys() ?? [])]).toEqual(["vnet2", "vnet3"]);
});

test("a machine that is off, and one that libvirt waits for, tell less", () => {
  expect(statsOf("domstats-shutoff")).toMatchObject([{ state: 5, busy: true, vcpuTimes: [], nics: new Map() }]);
});

test("a vCPU that was unplugged is missing, and those behind it keep their numbers", () => {
  const stats: Stat[] = [
    ["vcpu.current", 2],
    ["vcpu.maximum", 4],
    ["vcpu.0.time", 1e9],
    ["vcpu.10.delay", 2e9],
  ];

  expect(domainStats("web", stats)).toMatchObject({
    vcpus: 2,
    vcpuTimes: [
      { vcpu: 0, runSeconds: 1, readySeconds: undefined },
      { vcpu: 10, runSeconds: undefined, readySeconds: 2 },
    ],
  });
});

test("a NIC without counters, and one with half of them, are unknown and not zero", () => {
  const stats: Stat[] = [
    ["net.count", 2],
    ["net.0.name", "vhu0"],
    ["net.1.name", "7"],
    ["net.1.rx.pkts", 3],
    ["net.1.tx.pkts", 3],
    ["net.1.tx.drop", 1],
  ];

  expect(domainStats("web", stats).nics).toEqual(
    new Map([
      ["vhu0", { toGuest: undefined, fromGuest: undefined }],
      ["7", { toGuest: undefined, fromGuest: { packets: 3, drops: 1 } }],
    ]),
  );
});

test("names may hold what they like", () => {
  const text = "Domain: 'it's = \"web\"\\'\n  state.state=1\n\nDomain: '  net.0.name=x'\n  state.state=3\n\n";

  expect([...parseDomstats(text)].map(({ name }) => name)).toEqual(['it\'s = "web"\\', "  net.0.name=x"]);
});

test.each([
  [
    "a line of something else",
    "Domain: 'a'\nstate.state=1\n",
    'virsh domstats, line 2: expected NAME=VALUE of a domain, got "state.state=1"',
  ],
  [
    "a value before any domain",
    "  state.state=1\n",
    'virsh domstats, line 1: expected NAME=VALUE of a domain, got "  state.state=1"',
  ],
])("%s is told with its line", (_, text, message) => {
  expect(() => [...parseDomstats(text)]).toThrow(message);
});

test("a number that is none is told with its name", () => {
  expect(() => domainStats("web", [["vcpu.0.time", "soon"]])).toThrow(
    'statistics of web: expected a number as vcpu.0.time, got "soon"',
  );
  // One that we do not read may be anything.
  expect(domainStats("web", [["vcpu.0.guest_mode.cur", "no"]]).vcpuTimes).toEqual([]);
});

test("nothing is nothing", () => {
  expect([...parseDomstats("\n")]).toEqual([]);
});
