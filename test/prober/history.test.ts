import { createHistory } from "../../src/prober/history.ts";
import { rttBuckets } from "../../src/prober/metrics.ts";
import { SLOT_WORDS, STREAM } from "../../src/prober/tally.ts";

/** A tally after so many packets, one in ten of them lost, alone, the others after 15 µs. */
function after(packets: number): Float64Array {
  const tally = new Float64Array(SLOT_WORDS);
  tally[STREAM.packets] = packets;
  tally[STREAM.lost] = packets / 10;
  tally[STREAM.burstSquared] = packets / 10;
  tally[STREAM.void] = packets / 100;
  tally[STREAM.rtt + 1] = packets * 0.9;
  return tally;
}

test("a window holds what happened since the oldest moment kept", () => {
  const history = createHistory(300);
  for (let at = 0; at <= 600; at += 30) history.note(new Map([["db", after(at * 20)]]), at);

  const window = history.window("db", after(12_200), 610);

  // Noted at 600, the moment at 300 was no longer within 300 s: 330 is the oldest.
  expect(window).toMatchObject({ seconds: 280, packets: 5600, lost: 560, voided: 56, burstSquared: 560 });
  expect(window.rttCounts).toEqual(rttBuckets.map((_, i) => (i === 1 ? 5040 : 0)).concat(0));
});

test("a path that began anew under its old name counts from 0", () => {
  const history = createHistory(300);
  history.note(new Map([["db", after(5000)]]), 0);

  expect(history.window("db", after(100), 30)).toMatchObject({ packets: 100, lost: 10 });
});

test("a path that went away is forgotten", () => {
  const history = createHistory(300);
  history.note(new Map([["db", after(1000)]]), 0);
  history.note(new Map(), 30);

  expect(history.window("db", after(2000), 60)).toMatchObject({ seconds: 0, packets: 2000 });
});

test("paths that come and go leave the others their history", () => {
  const history = createHistory(300);
  const at = (packets: number) => after(packets);
  history.note(new Map([["db", at(1000)]]), 0);
  history.note(
    new Map([
      ["web", at(50)],
      ["db", at(2000)],
    ]),
    30,
  );
  history.note(new Map([["db", at(3000)]]), 60);
  history.note(
    new Map([
      ["db", at(4000)],
      ["web", at(70)],
    ]),
    90,
  );

  expect(history.window("db", at(5000), 120)).toMatchObject({ seconds: 120, packets: 4000 });
  expect(history.window("web", at(90), 120)).toMatchObject({ seconds: 30, packets: 20 });
  expect(history.window("new", at(10), 120)).toMatchObject({ seconds: 0, packets: 10 });
});
