import type { Reading } from "../../src/collectors/reading.ts";
import { createReadingLog } from "../../src/collectors/reading-log.ts";

const vcenter = { collector: "vcenter", server: "vc1" };
const libvirt = { collector: "libvirt" };

function reading(state: Reading["state"], detail = "", failure?: Reading["failure"]): Reading {
  return { state, samples: [], detail, failure, durationSeconds: 0 };
}

function told(readings: readonly (readonly [Parameters<ReturnType<typeof createReadingLog>>[0], Reading])[]) {
  const lines: unknown[][] = [];
  const say = (level: string) => (fields: unknown, message?: string) => void lines.push([level, message, fields]);
  const note = createReadingLog({ info: say("info"), warn: say("warn") } as never);
  for (const [source, each] of readings) note(source, each);
  return lines;
}

test("a failure is told once for each reason, and its end", () => {
  const down = reading("failed", "connection refused", "unreachable");

  expect(
    told([
      [vcenter, reading("ok")],
      [vcenter, down],
      [vcenter, down],
      [vcenter, reading("failed", "it refuses the login of monitor", "credentials")],
      [vcenter, reading("ok")],
      [vcenter, reading("ok")],
    ]),
  ).toEqual([
    ["warn", "a source cannot be read", { ...vcenter, reason: "unreachable", problem: "connection refused" }],
    [
      "warn",
      "a source cannot be read",
      { ...vcenter, reason: "credentials", problem: "it refuses the login of monitor" },
    ],
    ["info", "a source is read again", vcenter],
  ]);
});

test("each source has its own state", () => {
  expect(
    told([
      [libvirt, reading("failed", "no answer within 15 s")],
      [vcenter, reading("ok")],
      [libvirt, reading("absent", "no libvirt on this machine")],
    ]),
  ).toEqual([
    ["warn", "a source cannot be read", { ...libvirt, problem: "no answer within 15 s" }],
    ["info", "a source is gone", libvirt],
  ]);
});

test("what a server leaves out is told when it is something else, not when its number is another", () => {
  expect(
    told([
      [vcenter, reading("ok", "no samples of 3 objects: NoPermission")],
      [vcenter, reading("ok", "no samples of 12 objects: NoPermission")],
      [vcenter, reading("ok", "events are not read: NoPermission")],
      [vcenter, reading("ok")],
    ]).map(([, message, fields]) => [message, fields]),
  ).toEqual([
    ["a source does not tell all", { ...vcenter, problem: "no samples of 3 objects: NoPermission" }],
    ["a source does not tell all", { ...vcenter, problem: "events are not read: NoPermission" }],
  ]);
});

test("a source that is absent, as most are on most machines, is no news, nor what one on this machine leaves out", () => {
  expect(
    told([
      [libvirt, reading("absent", "no libvirt on this machine")],
      [libvirt, reading("ok", "2 domains are not read")],
    ]),
  ).toEqual([]);
});
