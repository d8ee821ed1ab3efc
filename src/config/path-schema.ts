import { z } from "zod";
import { ENGINE_MAX_PACKETS_PER_SECOND } from "../prober/limits.ts";
import { durationPattern, parseDurationSeconds } from "./duration.ts";
import {
  MAX_SIZES_PER_PATH,
  type PathConfig,
  pathDefaults,
  protocols,
  type Size,
  scopes,
  sizeLabel,
  sizeLimitsBytes,
} from "./path.ts";
import { parseTarget, targetExpectation } from "./target.ts";

const maxNameLength = 128;
const timeoutLimitsSeconds = { min: 0.01, max: 60 };
const plannedProtocols = ["stamp", "tcp"];

const expected = {
  name: `expected 1 to ${maxNameLength} characters without control characters`,
  sizes: `expected a list of 1 to ${MAX_SIZES_PER_PATH} sizes, such as [64, 1400, random]`,
  size: `expected random or a whole number of bytes from ${sizeLimitsBytes.min} to ${sizeLimitsBytes.max}`,
  rate: `expected packets per second, above 0 and at most ${ENGINE_MAX_PACKETS_PER_SECOND} (the measured limit of the probe engine)`,
  timeout: "expected a duration from 10ms to 60s, such as 500ms or 1s",
  ipVersion: "expected 4 or 6",
};

/** A problem with a hint on what to write instead; the hint travels in the issue's params. */
function refuse(message: string, suggestion?: string, path: (string | number)[] = []) {
  return { code: "custom" as const, message, path, ...(suggestion === undefined ? {} : { params: { suggestion } }) };
}

const nameSchema = z
  .string({ error: expected.name })
  .refine((name) => /^[^\p{Cc}\p{Cs}]+$/u.test(name) && [...name].length <= maxNameLength, { error: expected.name });

const targetSchema = z.string({ error: targetExpectation }).superRefine((text, context) => {
  const target = parseTarget(text);
  if ("problem" in target) context.addIssue(refuse(targetExpectation, target.problem));
});

const protocolSchema = z.enum(protocols, {
  error: ({ input }) =>
    plannedProtocols.includes(String(input)) ? "expected icmp, the only protocol of this version" : "expected icmp",
});

const sizeSchema = z.union(
  [
    z.literal("random"),
    z
      .int({ error: expected.size })
      .min(sizeLimitsBytes.min, { error: expected.size })
      .max(sizeLimitsBytes.max, { error: expected.size }),
  ],
  { error: expected.size },
);

const sizesSchema = z
  .array(sizeSchema, { error: expected.sizes })
  .min(1, { error: expected.sizes })
  .max(MAX_SIZES_PER_PATH, { error: expected.sizes })
  .superRefine(refuseTwins((size: Size) => `the size ${sizeLabel(size)} is in the list twice`));

const timeoutSchema = z
  .string({ error: expected.timeout })
  .regex(durationPattern, { error: expected.timeout, abort: true })
  .transform((text) => parseDurationSeconds(text) ?? Number.NaN)
  .refine((seconds) => seconds >= timeoutLimitsSeconds.min && seconds <= timeoutLimitsSeconds.max, {
    error: expected.timeout,
  });

/** One path as it is written in the configuration; the output is what the prober takes. */
export const pathSchema = z
  .strictObject({
    name: nameSchema.optional().describe("Label `path` of every series, unique. Default: the target."),
    scope: z
      .enum(scopes)
      .describe(
        "Where the other end is: colocated (same host), gateway (first router), external (beyond it), control (this machine).",
      ),
    target: targetSchema.describe("An address, a host name, or default-gateway (followed when it changes)."),
    protocols: z
      .array(protocolSchema, { error: "expected a list of protocols, such as [icmp]" })
      .min(1, { error: "expected at least one protocol, such as [icmp]" })
      .superRefine(refuseTwins((protocol: string) => `the protocol ${protocol} is in the list twice`))
      .prefault([...pathDefaults.protocols])
      .describe("How to probe. This version has icmp (echo)."),
    sizes: sizesSchema
      .prefault([...pathDefaults.sizes])
      .describe("Bytes of IP payload, or random (64 to 1400); interleaved packet by packet."),
    rate: z
      .number({ error: expected.rate })
      .positive({ error: expected.rate })
      .max(ENGINE_MAX_PACKETS_PER_SECOND, { error: expected.rate })
      .prefault(pathDefaults.rate)
      .describe("Packets per second of the path, over all protocols and sizes."),
    timeout: timeoutSchema.prefault(pathDefaults.timeout).describe("A reply that takes longer is a loss; 10ms to 60s."),
    ip_version: z
      .literal([4, 6], { error: expected.ipVersion })
      .optional()
      .describe("Resolve the target to this IP version only. Default: 4 where there is one, else 6."),
  })
  .superRefine((path, context) => {
    const target = parseTarget(path.target);
    if (!("kind" in target) || target.kind !== "address" || path.ip_version === undefined) return;
    if (target.family === path.ip_version) return;
    const problem = `expected ${target.family}, the IP version of ${path.target}`;
    context.addIssue(refuse(problem, "leave it out for addresses", ["ip_version"]));
  })
  .transform(
    ({ name, scope, target, protocols, sizes, rate, timeout, ip_version }): PathConfig => ({
      name: name ?? target,
      scope,
      target,
      protocols,
      sizes,
      ratePerSecond: rate,
      timeoutSeconds: timeout,
      ...(ip_version === undefined ? {} : { ipVersion: ip_version }),
    }),
  );

function refuseTwins<T>(message: (item: T) => string) {
  return (items: readonly T[], context: z.RefinementCtx) => {
    items.forEach((item, i) => {
      if (items.indexOf(item) < i) context.addIssue(refuse(message(item), "remove one", [i]));
    });
  };
}
