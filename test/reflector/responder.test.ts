import fc from "fast-check";
import { isStampSealed } from "../../src/packet/stamp-hmac.ts";
import { rejections } from "../../src/reflector/counts.ts";
import { arrivalOf, ask, type From, hmacOf, replyIn, request, responder } from "./responding.ts";

const key = "a key of more than 16 bytes";
const otherKey = "another one, used until yesterday";

/** Sequence number of the reply to one more request of a session. */
function nextNumber(to: ReturnType<typeof responder>, sequence: number, from: From = {}, ssid = 1, now = 1): number {
  const bytes = request("plain", sequence, { ssid });
  expect(ask(to, bytes, from, now)).toBe("stateful");
  return replyIn(bytes, "plain").sequence;
}

test("a session counts its replies from 0, whatever the sender's numbers", () => {
  const reflector = responder();

  expect([7, 8, 12, 5, 4_294_967_295, 0].map((n) => nextNumber(reflector, n))).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each<[string, From, number]>([
  ["source address", { from: "10.0.0.9" }, 1],
  ["source port", { port: 4001 }, 1],
  ["address asked", { to: "10.0.0.3" }, 1],
  ["SSID", {}, 2],
])("another %s is another session", (_, from, ssid) => {
  const reflector = responder();
  nextNumber(reflector, 0);
  nextNumber(reflector, 1);

  expect(nextNumber(reflector, 9, from, ssid)).toBe(0);
  expect(nextNumber(reflector, 2)).toBe(2);
  expect(reflector.sessions).toBe(2);
});

test("the reply holds the request's numbers, both times and the TTL", () => {
  const bytes = request("plain", 77, { ssid: 9 });

  ask(responder(), bytes, { ttl: 61 });

  expect(replyIn(bytes, "plain")).toMatchObject({
    senderSequence: 77,
    senderSeconds: 3,
    senderFraction: 4,
    senderTtl: 61,
    ssid: 9,
    receiveSeconds: 100,
    receiveFraction: 1,
    seconds: 100,
    fraction: 2,
  });
});

test("a session that was silent for longer than the timeout begins anew, one that was not goes on", () => {
  const reflector = responder({ sessionTimeoutSeconds: 10 });
  nextNumber(reflector, 0, {}, 1, 1);
  nextNumber(reflector, 0, {}, 2, 5);

  reflector.expire(12);

  expect(reflector.sessions).toBe(1);
  expect(nextNumber(reflector, 1, {}, 1, 12)).toBe(0);
  expect(nextNumber(reflector, 1, {}, 2, 12)).toBe(1);
});

test.each<[string, From, (bytes: Uint8Array) => Uint8Array, string]>([
  ["of a network that is not allowed", { from: "192.0.2.1" }, (b) => b, "not_allowed"],
  ["of loopback, where only other networks are allowed", { from: "::1", to: "::1" }, (b) => b, "not_allowed"],
  ["sent to a broadcast address", { unicast: false }, (b) => b, "not_unicast"],
  ["longer than our memory for it", { cut: true }, (b) => b, "oversized"],
  ["of 43 bytes", {}, (b) => b.subarray(0, 43), "truncated"],
  ["without content", {}, (b) => b.subarray(0, 0), "truncated"],
  ["from our own port", { port: 862 }, (b) => b, "looped"],
  ["from port 0, which cannot be answered", { port: 0 }, (b) => b, "looped"],
])("a packet %s gets no answer, and is left as it is", (_, from, change, reason) => {
  const bytes = change(request("plain", 1));
  const before = Uint8Array.from(bytes);

  expect(ask(responder(), bytes, from)).toBe(reason);
  expect(bytes).toEqual(before);
});

test("a mapped network and a host of IPv6 are allowed as what they are", () => {
  const reflector = responder({}, [], ["::ffff:10.1.0.0/112", "fd00::5"]);

  expect(ask(reflector, request("plain", 1), { from: "10.1.9.9" })).toBe("stateful");
  expect(ask(reflector, request("plain", 1), { from: "10.2.0.0" })).toBe("not_allowed");
  expect(ask(reflector, request("plain", 1), { from: "fd00::5", to: "fd00::1" })).toBe("stateful");
  expect(ask(reflector, request("plain", 1), { from: "fd00::6", to: "fd00::1" })).toBe("not_allowed");
});

test("the reply of one reflector ends at the next, plain and authenticated", () => {
  const plain = request("plain", 1);
  ask(responder(), plain);
  expect(ask(responder(), plain, { from: "10.0.0.2", port: 8620 })).toBe("looped");

  const sealed = request("authenticated", 1, { key });
  ask(responder({}, [key]), sealed);
  expect(ask(responder({}, [key]), sealed, { from: "10.0.0.2", port: 8620 })).toBe("looped");
});

test("where there are keys, a packet needs one of them, and its reply is sealed with the same", () => {
  const reflector = responder({}, [key, otherKey]);
  for (const used of [key, otherKey]) {
    const bytes = request("authenticated", 1, { key: used });
    expect(ask(reflector, bytes)).toBe("stateful");
    expect(isStampSealed(bytes, 0, hmacOf(used))).toBe(true);
  }
  expect(ask(reflector, request("authenticated", 1, { key: "a key that nobody gave" }))).toBe("authentication");
  expect(ask(reflector, request("plain", 1))).toBe("authentication");
  expect(ask(reflector, request("plain", 1, { length: 1400 }))).toBe("authentication");
});

test("an authenticated packet with any bit changed gets no answer", () => {
  const reflector = responder({ sourceRate: 10_000 }, [key]);
  for (let k = 0; k < 112; k++) {
    const bytes = request("authenticated", 1, { key });
    bytes[k] = (bytes[k] ?? 0) ^ (1 << (k % 8));
    expect(ask(reflector, bytes)).toBe("authentication");
  }
  expect(reflector.sessions).toBe(0);
});

test("one source may have so many sessions and no more; beyond them replies repeat the sender's number", () => {
  const reflector = responder({ sessionsPerSource: 3 });
  const answers = [1, 2, 3, 4].map((ssid) => ask(reflector, request("plain", 50, { ssid })));
  const fourth = request("plain", 51, { ssid: 4 });

  expect(answers).toEqual(["stateful", "stateful", "stateful", "stateless"]);
  expect(ask(reflector, fourth)).toBe("stateless");
  expect(replyIn(fourth, "plain").sequence).toBe(51);
  expect(ask(reflector, request("plain", 1), { from: "10.0.0.7" })).toBe("stateful");
});

test("a source has its rate and a second's burst of it, and another source its own", () => {
  const reflector = responder({ sourceRate: 5 });
  const send = (count: number, now: number, from = "10.0.0.1") =>
    Array.from({ length: count }, () => ask(reflector, request("plain", 1), { from }, now));

  expect(send(7, 1)).toEqual([...Array(5).fill("stateful"), "source_rate", "source_rate"]);
  expect(send(2, 1, "10.0.0.8")).toEqual(["stateful", "stateful"]);
  expect(send(3, 1.5)).toEqual(["stateful", "stateful", "source_rate"]);
  expect(send(6, 99)).toEqual([...Array(5).fill("stateful"), "source_rate"]);
});

test("forged packets with a wrong HMAC use up nothing of the source they claim", () => {
  const reflector = responder({ sourceRate: 5 }, [key]);
  for (let i = 0; i < 100; i++) ask(reflector, request("authenticated", i, { key: "not the reflector's key" }));

  expect(ask(reflector, request("authenticated", 1, { key }))).toBe("stateful");
});

test("strangers leave half of the total rate to sessions that exist", () => {
  const reflector = responder({ totalRate: 100 });
  for (let i = 0; i < 10; i++) nextNumber(reflector, i);
  const strangers = Array.from({ length: 200 }, (_, i) =>
    ask(reflector, request("plain", 1), { from: `10.9.${i}.1` }, 1.001),
  );

  expect(strangers.filter((answer) => answer === "stateful").length).toBeLessThanOrEqual(50);
  expect(strangers.at(-1)).toBe("total_rate");
  expect(nextNumber(reflector, 10, {}, 1, 1.001)).toBe(10);
});

test("a million forged sources fill the tables, and the session that was there first goes on counting", () => {
  const reflector = responder({ sessions: 4096, totalRate: 10_000_000, sourceRate: 100 });
  nextNumber(reflector, 0);
  const fresh = request("plain", 1);
  const bytes = Uint8Array.from(fresh);
  const forged = arrivalOf({}, bytes.length);
  const received = { seconds: 100, fraction: 1 };
  const counts: Record<string, number> = {};

  for (let i = 0; i < 1_000_000; i++) {
    bytes.set(fresh);
    // 10.x.y.z as it stands in memory; 10.0.0.1 is not among them.
    forged.addresses[3] = (10 | ((i + 131_072) << 8)) >>> 0;
    const answer = reflector.answer(bytes, 0, forged, received, 1 + i / 1e5);
    counts[answer] = (counts[answer] ?? 0) + 1;
    if (i % 100_000 === 99_999) expect(nextNumber(reflector, i, {}, 1, 1 + i / 1e5)).toBe((i + 1) / 100_000);
  }

  expect(reflector.sessions).toBeLessThanOrEqual(4096);
  expect(counts["stateful"]).toBeGreaterThan(4000);
  expect((counts["stateful"] ?? 0) + (counts["stateless"] ?? 0)).toBe(1_000_000);
});

test("the tables for as many sessions as can be configured take less than 16 MiB", () => {
  const before = process.memoryUsage().arrayBuffers;

  const reflector = responder({ sessions: 65_536 });

  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  expect(nextNumber(reflector, 0)).toBe(0);
});

test("whatever arrives is answered or refused with a reason, and never throws", () => {
  const reflectors = [responder({ sourceRate: 1e9 }), responder({ sourceRate: 1e9 }, [key])];
  const arrivals = ["10.0.0.1", "fd00::1", "192.0.2.1"].map((from) => arrivalOf({ from }, 0));
  const how = fc.record({
    sourcePort: fc.integer({ min: 0, max: 65_535 }),
    unicast: fc.boolean(),
    cut: fc.boolean(),
  });
  const known = new Set<string>(["stateful", "stateless", ...rejections]);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...arrivals),
      how,
      fc.boolean(),
      (bytes, from, as, sealed) => {
        const arrival = Object.assign(from, as, { length: bytes.length });
        const answer = reflectors[sealed ? 1 : 0]?.answer(bytes, 0, arrival, { seconds: 1, fraction: 1 }, 1) ?? "";
        if (!known.has(answer)) throw new Error(answer);
      },
    ),
    { numRuns: 100_000 },
  );
});
