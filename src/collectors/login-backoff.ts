import { createHmac, randomBytes } from "node:crypto";
import { ServerError } from "../kernel/host.ts";
import type { MonotonicMs } from "./reading.ts";

/** Directories lock an account after some three to five refusals within minutes; most forget them after a quarter of an hour. */
const FIRST_PAUSE_MS = 15 * 60_000;
const LONGEST_PAUSE_MS = 4 * 60 * 60_000;

/** Keeps a wrong password from locking the account that it belongs to. */
export interface LoginGate {
  /** To be asked before each login. @throws ServerError while the password was refused and its pause is not over */
  check(password: string): void;
  /** The server refused it: it is not tried again for 15 minutes, then for twice as long each time, up to 4 hours. */
  refused(password: string): void;
  /** The server took one: what was refused before is forgotten. */
  accepted(): void;
}

interface Refusal {
  readonly password: string;
  readonly pauseMs: number;
  readonly untilMs: number;
}

/** One for one account of one server. Another password than the refused one is tried at once. */
export function createLoginGate(monotonicMs: MonotonicMs = () => performance.now()): LoginGate {
  const key = randomBytes(32);
  // No password is kept; without the key its hash is of no use to a reader of memory dumps.
  const hash = (password: string) => createHmac("sha256", key).update(password).digest("hex");
  let last: Refusal | undefined;

  return {
    check(password) {
      if (!last || last.password !== hash(password)) return;
      const leftMs = last.untilMs - monotonicMs();
      if (leftMs <= 0) return;
      throw new ServerError(
        "credentials",
        "it refused user name or password: mend them. Lest the account be locked they are not tried again for " +
          `${Math.ceil(leftMs / 60_000)} min, or until the password is another one`,
      );
    },
    refused(password) {
      const same = last?.password === hash(password) ? last : undefined;
      const pauseMs = same ? Math.min(2 * same.pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      last = { password: hash(password), pauseMs, untilMs: monotonicMs() + pauseMs };
    },
    accepted() {
      last = undefined;
    },
  };
}

const gates = new Map<string, LoginGate>();

/**
 * The one gate of an account, for as long as the program runs: a configuration that is mended step by step, and loaded again
 * each time, must not try a refused password at each step.
 */
export function loginGateOf(url: string, username: string, monotonicMs?: MonotonicMs): LoginGate {
  const account = `${username} ${url}`;
  const gate = gates.get(account) ?? createLoginGate(monotonicMs);
  gates.set(account, gate);
  return gate;
}
