import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import type { ReflectorLimits } from "../reflector/limits.ts";
import { loopbackNetworks, type Network, networkExpectation, parseNetwork } from "./cidr.ts";
import { durationPattern, parseDurationSeconds } from "./duration.ts";
import { type Listen, parseListen } from "./listen.ts";

export interface ReflectorConfig {
  readonly listen: Listen;
  readonly allow: readonly Network[];
  /** Undefined: packets are plain. */
  readonly keyFile: string | undefined;
  /** What the key file holds; it prints as nothing. */
  readonly keys: readonly KeyObject[];
  readonly limits: ReflectorLimits;
}

const expected = {
  listen: "expected [ADDRESS]:PORT with an IP address, such as :862, 10.0.0.5:862 or [fd00::5]:862",
  allow: "expected a list of networks, such as [10.0.0.0/8]",
  rate: "expected packets per second from 1 to 10000000",
  sessions: "expected a number of sessions from 1 to 65536",
  timeout: "expected a duration from 1s to 24h, such as 5m",
  keyFile: "expected the name of a file that holds keys in hexadecimal",
};

const rate = (value: number) =>
  z
    .int({ error: expected.rate })
    .min(1, { error: expected.rate })
    .max(10_000_000, { error: expected.rate })
    .default(value);
const sessions = (value: number) =>
  z
    .int({ error: expected.sessions })
    .min(1, { error: expected.sessions })
    .max(65_536, { error: expected.sessions })
    .default(value);

const listenSchema = z.string({ error: expected.listen }).transform((text, context) => {
  const listen = parseListen(text);
  if (listen && (listen.host === undefined || isIP(listen.host) > 0)) return listen;
  context.addIssue({ code: "custom", message: expected.listen });
  return z.NEVER;
});

const networkSchema = z.string({ error: networkExpectation }).transform((text, context) => {
  const network = parseNetwork(text);
  if (network) return network;
  context.addIssue({ code: "custom", message: networkExpectation });
  return z.NEVER;
});

const timeoutSchema = z
  .string({ error: expected.timeout })
  .regex(durationPattern, { error: expected.timeout, abort: true })
  .transform((text) => parseDurationSeconds(text) ?? Number.NaN)
  .refine((seconds) => seconds >= 1 && seconds <= 86_400, { error: expected.timeout });

/** The section `reflector`; its keys are read from their file apart. */
export const reflectorSchema = z
  .strictObject({
    listen: listenSchema.prefault(":862").describe("Address and UDP port; without an address, all of this machine's."),
    allow: z
      .array(networkSchema, { error: expected.allow })
      .prefault([...loopbackNetworks])
      .describe("Networks whose packets are answered; all others get no answer."),
    key_file: z
      .string({ error: expected.keyFile })
      .min(1, { error: expected.keyFile })
      .optional()
      .describe(
        "Answer authenticated packets only: file with one key a line in hexadecimal, relative to this file; any of them may be used.",
      ),
    source_rate: rate(10_000).describe("Packets per second that one source address may send; bursts of one second."),
    total_rate: rate(100_000).describe(
      "Packets per second of all sources; those without a session get half of it at most.",
    ),
    max_sessions: sessions(32_768).describe(
      "Sessions with a sequence number of their own, some 180 bytes each; beyond them replies are stateless.",
    ),
    max_source_sessions: sessions(4096).describe("Sessions of one source address."),
    session_timeout: timeoutSchema.prefault("5m").describe("A session that is silent for this long begins anew."),
  })
  .transform(
    (written): ReflectorConfig => ({
      listen: written.listen,
      allow: written.allow,
      keyFile: written.key_file,
      keys: [],
      limits: {
        sourceRate: written.source_rate,
        totalRate: written.total_rate,
        sessions: written.max_sessions,
        sessionsPerSource: written.max_source_sessions,
        sessionTimeoutSeconds: written.session_timeout,
      },
    }),
  );
