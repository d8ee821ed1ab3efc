import { setMaxListeners } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { thisMachine } from "../../../src/prober/resolve/machine.ts";
import { createResolver } from "../../../src/prober/resolve/resolver.ts";
import { createSharedQuestions } from "../../../src/prober/resolve/shared-questions.ts";
import { createTurns } from "../../../src/prober/resolve/turns.ts";
import { type DnsServer, startDnsServer } from "../../support/dns-server.ts";

let dns: DnsServer;
let stop: AbortController;

beforeEach(async () => {
  dns = await startDnsServer();
  stop = new AbortController();
  setMaxListeners(0, stop.signal);
});

afterEach(async () => {
  stop.abort();
  await dns.close();
});

function record(address: string, ttlSeconds = 60) {
  return { family: 4 as const, address, ttlSeconds };
}

/** Follows names until each was told once. @returns the addresses in the order of the names */
async function followAll(names: readonly string[]): Promise<(string | undefined)[]> {
  const { watchTarget } = createResolver(thisMachine([dns.server]));
  const told = new Map<number, string | undefined>();
  names.forEach((name, i) => {
    watchTarget(name, undefined, (state) => told.set(i, state.address?.address), stop.signal);
  });
  for (let i = 0; i < 1000 && told.size < names.length; i++) await sleep(20);
  return names.map((_, i) => told.get(i));
}

/** A question that node:dns waits for keeps its socket open, and the process from ending. */
function openSockets(): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith("socket:")).length;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // the descriptor that the listing itself was read through
  }
}

test("1,000 names take a question each, a limited number at once, and few descriptors", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `h${i}.example`);
  const addresses = names.map((_, i) => `10.0.${i >> 8}.${i & 255}`);
  dns.records = Object.fromEntries(names.map((name, i) => [name, [record(addresses[i] ?? "")]]));
  dns.delayMs = 5;
  const before = readdirSync("/proc/self/fd").length;
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, readdirSync("/proc/self/fd").length);
  }, 5);

  const found = await followAll(names);
  clearInterval(look);

  expect(found).toEqual(addresses);
  expect(dns.questions).toBeLessThan(1050);
  expect(dns.mostAtOnce).toBeLessThanOrEqual(128);
  expect(dns.mostAtOnce).toBeGreaterThan(10);
  expect(most - before).toBeLessThan(100);
});

test("100 paths of one name ask once", async () => {
  dns.records = { "db.example": [record("10.0.0.1")] };

  expect(await followAll(Array(100).fill("db.example"))).toEqual(Array(100).fill("10.0.0.1"));
  expect(dns.questions).toBe(1);
});

test("questions that a stop leaves open do not keep the process from ending", async () => {
  dns.records = "silent";
  const before = openSockets();
  const { watchTarget } = createResolver(thisMachine([dns.server]));
  for (let i = 0; i < 300; i++) watchTarget(`h${i}.example`, 4, () => undefined, stop.signal);
  while (dns.questions < 50) await sleep(10);
  expect(openSockets()).toBeGreaterThan(before);
  stop.abort();
  await sleep(100);

  expect(openSockets()).toBe(before);
});

describe("turns", () => {
  test("so many run at once, the others in their order, whether or not one fails", async () => {
    const takeTurn = createTurns(2);
    const began: number[] = [];
    let running = 0;
    let most = 0;
    const all = [0, 1, 2, 3, 4].map((i) =>
      takeTurn(async () => {
        began.push(i);
        most = Math.max(most, ++running);
        await sleep(10);
        running--;
        if (i === 1) throw new Error("one");
        return i;
      }, stop.signal).catch((error: Error) => error.message),
    );

    expect(await Promise.all(all)).toEqual([0, "one", 2, 3, 4]);
    expect(began).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
  });

  test("what is not wanted any more is not begun", async () => {
    const takeTurn = createTurns(1);
    const first = takeTurn(() => sleep(50), new AbortController().signal);
    const second = takeTurn(() => Promise.reject(new Error("begun")), stop.signal);
    stop.abort();

    await first;
    await expect(second).rejects.toMatchObject({ code: "ECANCELLED" });
  });
});

describe("shared questions", () => {
  test("an answer is shared while it is asked and for as long as it is good; a failure is not kept", async () => {
    let now = 0;
    let asked = 0;
    const { ask } = createSharedQuestions<number>(
      () => 5,
      1000,
      () => now,
    );
    const next = async () => {
      await sleep(10);
      if (++asked === 1) throw Object.assign(new Error("no"), { code: "ESERVFAIL" });
      return asked;
    };
    const two = await Promise.allSettled([ask("a", next, stop.signal), ask("a", next, stop.signal)]);
    expect(two.map(({ status }) => status)).toEqual(["rejected", "rejected"]);

    expect(await Promise.all([ask("a", next, stop.signal), ask("a", next, stop.signal)])).toEqual([2, 2]);
    now = 4;
    expect(await ask("a", next, stop.signal)).toBe(2);
    expect(await ask("b", next, stop.signal)).toBe(3);
    now = 6;
    expect(await ask("a", next, stop.signal)).toBe(4);
    expect(asked).toBe(4);
  });

  test("it is given up only once nobody waits", async () => {
    const { ask } = createSharedQuestions<string>(
      () => 0,
      1000,
      () => 0,
    );
    let unwanted = false;
    const never = (signal: AbortSignal) =>
      new Promise<string>(() => signal.addEventListener("abort", () => (unwanted = true)));
    const other = new AbortController();
    const one = ask("a", never, stop.signal).catch((error: NodeJS.ErrnoException) => error.code);
    const two = ask("a", never, other.signal).catch((error: NodeJS.ErrnoException) => error.code);
    stop.abort();
    expect(await one).toBe("ETIMEOUT");
    expect(unwanted).toBe(false);
    other.abort();

    expect(await two).toBe("ETIMEOUT");
    expect(unwanted).toBe(true);
  });
});
