import { type PacketLog, RECEIVED } from "../../src/analysis/packet-log.ts";
import { ENGINE, SLOT_WORDS, STREAM } from "../../src/prober/tally.ts";
import { probeResult } from "../../src/report/probe-result.ts";
import { createProgress } from "../../src/report/progress.ts";
import { duration, percent, probeText } from "../../src/report/text.ts";

const subject = { target: "db.example", address: "192.0.2.12", protocol: "icmp", size: "64" };

function counted(words: Partial<Record<keyof typeof STREAM, number>>): Float64Array {
  const tally = new Float64Array(SLOT_WORDS);
  for (const [name, value] of Object.entries(words)) tally[STREAM[name as keyof typeof STREAM]] = value;
  return tally;
}

/** A log of packets that were all received, with these RTTs. */
function received(rttSeconds: Float64Array): PacketLog {
  const count = rttSeconds.length;
  return { count, rttSeconds, sentSeconds: new Float64Array(count), outcome: new Uint8Array(count).fill(RECEIVED) };
}

const engine = new Float64Array(SLOT_WORDS);
const clean = counted({ sent: 1000, received: 1000, packets: 1000 });
const lossy = counted({
  sent: 1000,
  received: 980,
  packets: 990,
  lost: 10,
  burstSquared: 34,
  bursts: 4,
  longestRun: 5,
  void: 10,
});

test("the JSON document has the fields of the contract first, then those that came later", () => {
  const result = probeResult(subject, clean, engine, received(new Float64Array(1000).fill(1e-5)));

  expect(Object.keys(result)).toEqual(
    `target address protocol size sent received lost void late duplicates reordered sendErrors lossRatio lossLower lossUpper
     bursts longestBurst rttSeconds directions prober pathMtuBytes icmpErrors rotations pattern trains stalledSeconds`.split(
      /\s+/,
    ),
  );
  expect(Object.keys(result.rttSeconds)).toEqual(["min", "p50", "p90", "p99", "max"]);
  expect(Object.keys(result.prober)).toEqual([
    "valid",
    "socketDrops",
    "lateSends",
    "longestStallSeconds",
    "timestamps",
  ]);
});

test("what was not measured is null, never zero", () => {
  const result = probeResult(subject, counted({ sent: 5, void: 5 }), engine, received(new Float64Array(0)));

  expect(result).toMatchObject({ lossRatio: null, lossLower: null, lossUpper: null, directions: null });
  expect(result.rttSeconds).toEqual({ min: null, p50: null, p90: null, p99: null, max: null });
  expect(result.prober).toMatchObject({ valid: false, timestamps: "none" });
});

test("one void packet in a hundred is still a valid run, more are not", () => {
  expect(probeResult(subject, lossy, engine, received(new Float64Array(0))).prober.valid).toBe(true);
  expect(
    probeResult(subject, counted({ sent: 1000, void: 11 }), engine, received(new Float64Array(0))).prober.valid,
  ).toBe(false);
});

test("an RTT that lacks a stamp makes the timestamps partial", () => {
  expect(probeResult(subject, clean, engine, received(new Float64Array(999))).prober.timestamps).toBe("partial");
  expect(probeResult(subject, clean, engine, received(new Float64Array(1000))).prober.timestamps).toBe("kernel");
});

test("doubts about the prober are told in seconds and packets", () => {
  const doubting = new Float64Array(SLOT_WORDS);
  doubting[ENGINE.socketDrops + 1] = 3;
  doubting[ENGINE.lateSends] = 12;
  doubting[ENGINE.longestStallNanos] = 4e8;

  expect(probeResult(subject, clean, doubting, received(new Float64Array(0))).prober).toMatchObject({
    socketDrops: 3,
    lateSends: 12,
    longestStallSeconds: 0.4,
  });
});

test("the text for people puts the verdict first and never says a bare no loss", () => {
  const rtts = received(Float64Array.from({ length: 1000 }, (_, i) => (i + 1) * 1e-6));

  expect(probeText(probeResult(subject, clean, engine, rtts))).toBe(
    `db.example (192.0.2.12), icmp, 64 bytes: loss 0 % (0 of 1000; 95 % interval 0 % to 0.38 %)
  sent 1000 = received 1000 + lost 0 + void 0
  round trip min 1.00 µs, median 500 µs, p99 990 µs, max 1.00 ms
`,
  );
});

test.each([
  ["icmp", "1400", "icmp, 1400 bytes"],
  ["icmp", "mtu", "icmp, size mtu"],
  ["stamp", "gso", "stamp, size gso"],
  ["tcp", "none", "tcp"],
])("the text for people names %s packets of size %s as %s", (protocol, size, words) => {
  const text = probeText(probeResult({ ...subject, protocol, size }, clean, engine, received(new Float64Array(0))));

  expect(text).toMatch(new RegExp(`^db\\.example \\(192\\.0\\.2\\.12\\), ${words}: loss 0 %`));
});

test("losses come with their runs, and an unreliable prober says so", () => {
  const unreliable = counted({
    sent: 100,
    received: 80,
    packets: 82,
    lost: 2,
    burstSquared: 4,
    bursts: 1,
    longestRun: 2,
    void: 18,
  });
  const text = probeText(probeResult(subject, unreliable, engine, received(new Float64Array(0))));

  expect(text).toContain("sent 100 = received 80 + lost 2 + void 18");
  expect(text).toContain("runs of loss 1, the longest 2 packets");
  expect(text).toContain("NOT VALID");
});

test.each([
  [0, "0 %"],
  [1, "100 %"],
  [0.00012, "0.012 %"],
  [0.0012, "0.12 %"],
  [0.123, "12.3 %"],
  [null, "unknown"],
])("the ratio %p reads %s", (ratio, text) => {
  expect(percent(ratio)).toBe(text);
});

test.each([
  [2.5e-6, "2.50 µs"],
  [0.0123, "12.3 ms"],
  [1.5, "1.50 s"],
  [null, "unknown"],
])("the time %p reads %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

describe("progress", () => {
  /** A stream that only remembers. */
  function pretend(isTTY: boolean, terminal = "xterm") {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    let now = 0;
    const progress = createProgress(stream, () => now, terminal);
    return { written, progress, at: (ms: number) => (now = ms) };
  }

  test("elsewhere than on a terminal it is a line in ten seconds", () => {
    const { written, progress, at } = pretend(false);

    for (let ms = 0; ms <= 25_000; ms += 100) {
      at(ms);
      progress.update(ms / 30_000, "loss 0 %");
    }
    progress.end();

    expect(written).toEqual(["33 %: loss 0 %\n", "66 %: loss 0 %\n"]);
  });

  test("a dumb terminal gets lines", () => {
    const { written, progress, at } = pretend(true, "dumb");

    at(10_000);
    progress.update(0.5, "loss 0 %");

    expect(written).toEqual(["50 %: loss 0 %\n"]);
  });

  test("on a terminal it is a bar that goes away", () => {
    const { written, progress, at } = pretend(true);

    progress.update(0.5, "loss 0 %");
    at(100);
    progress.update(0.6, "loss 0 %");
    progress.end();

    expect(written).toEqual([`\r\x1b[K${"█".repeat(12)}${"░".repeat(12)} 50 %  loss 0 %`, "\r\x1b[K"]);
  });
});
