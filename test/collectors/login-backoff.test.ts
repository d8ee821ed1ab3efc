import { createLoginGate, loginGateOf } from "../../src/collectors/login-backoff.ts";

const MINUTE = 60_000;

test("a refused password is not tried again for 15 minutes, then for twice as long each time, at most for 4 hours", () => {
  let now = 5;
  const gate = createLoginGate(() => now);
  const pauses: number[] = [];

  for (let i = 0; i < 7; i++) {
    gate.check("wrong");
    gate.refused("wrong");
    const refusedAt = now;
    now += MINUTE / 2;
    while (!passes(() => gate.check("wrong"))) now += MINUTE / 2;
    pauses.push((now - refusedAt) / MINUTE);
  }

  expect(pauses).toEqual([15, 30, 60, 120, 240, 240, 240]);
});

test("the error says how long, what to do, and not the password", () => {
  let now = 0;
  const gate = createLoginGate(() => now);
  gate.refused("geheim");
  now = 1;

  const check = () => gate.check("geheim");

  expect(check).toThrow(/^it refused user name or password: mend them\. .* not tried again for 15 min, or until/);
  expect(check).toThrow(expect.objectContaining({ name: "ServerError", reason: "credentials" }));
  expect(check).not.toThrow(/geheim/);
});

test("another password is tried at once, and has a pause of its own", () => {
  let now = 0;
  const gate = createLoginGate(() => now);
  gate.refused("old");
  now = 15 * MINUTE;
  gate.refused("old");

  gate.check("new");
  gate.refused("new");
  now += 15 * MINUTE - 1;

  expect(passes(() => gate.check("new"))).toBe(false);
  now += 1;
  gate.check("new");
});

test("a login that worked makes the next refusal a first one", () => {
  let now = 0;
  const gate = createLoginGate(() => now);
  gate.refused("sometimes");
  now = 15 * MINUTE;
  gate.check("sometimes");
  gate.accepted();
  gate.check("sometimes");
  gate.refused("sometimes");
  now += 15 * MINUTE;

  gate.check("sometimes");
});

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

test("an account has one gate, whoever asks for it and when", () => {
  loginGateOf("https://vc1/sdk", "monitor").refused("wrong");

  expect(() => loginGateOf("https://vc1/sdk", "monitor").check("wrong")).toThrow("not tried again");
  expect(() => loginGateOf("https://vc1/sdk", "another").check("wrong")).not.toThrow();
  expect(() => loginGateOf("https://vc2/sdk", "monitor").check("wrong")).not.toThrow();
});
