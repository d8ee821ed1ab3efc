import { isIP } from "node:net";
import { z } from "zod";
import { ENGINE_MAX_PACKETS_PER_SECOND } from "../prober/limits.ts";
import { durationPattern, parseDurationSeconds } from "./duration.ts";
import {
  DEFAULT_STAMP_PORT,
  MAX_SIZES_PER_PATH,
  type PathConfig,
  type Protocol,
  pathDefaults,
  protocols,
  type Size,
  scopes,
  sizeLabel,
  sizeLimitsBytes,
} from "./path.ts";
import { refuse, refuseTwins, type Suspect } from "./refuse.ts";
import { sendKeys, sendOf, wrongSend } from "./send-schema.ts";
import { wrongStampSizes } from "./stamp-sizes.ts";
import { parseTarget, targetExpectation } from "./target.ts";

const maxNameLength = 128;
const timeoutLimitsSeconds = { min: 0.01, max: 60 };

const expected = {
  name: `expected 1 to ${maxNameLength} characters without control characters`,
  sizes: `expected a list of 1 to ${MAX_SIZES_PER_PATH} sizes, such as [64, 1400, random]`,
  size: `expected random, mtu, gso or a whole number of bytes from ${sizeLimitsBytes.min} to ${sizeLimitsBytes.max}`,
  rate: `expected packets per second, above 0 and at most ${ENGINE_MAX_PACKETS_PER_SECOND} (the measured limit of the probe engine)`,
  timeout: "expected a duration from 10ms to 60s, such as 500ms or 1s",
  ipVersion: "expected 4 or 6",
  port: "expected a port from 1 to 65535",
  keyFile: "expected the name of a file that holds a key in hexadecimal",
};

const nameSchema = z
  .string({ error: expected.name })
  .refine((name) => /^[^\p{Cc}\p{Cs}]+$/u.test(name) && [...name].length <= maxNameLength, { error: expected.name });

const targetSchema = z.string({ error: targetExpectation }).superRefine((text, context) => {
  const target = parseTarget(text);
  if ("problem" in target) context.addIssue(refuse(targetExpectation, target.problem));
});

const protocolSchema = z.enum(protocols, { error: "expected icmp, stamp or tcp" });

const sizeSchema = z.union(
  [
    z.enum(["random", "mtu", "gso"]),
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

const portSchema = z
  .int({ error: expected.port })
  .min(1, { error: expected.port })
  .max(65_535, { error: expected.port })
  .optional();

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
      .describe(
        "How to probe: icmp (echo), stamp (RFC 8762: loss by direction; needs a reflector there), tcp (SYN to a port).",
      ),
    sizes: sizesSchema
      .optional()
      .describe(
        "Bytes of IP payload, random (64 to 1400), mtu (fills the path MTU) or gso (stamp with segmentation offload); " +
          `interleaved packet by packet. Default: [${pathDefaults.sizes.join(", ")}], ` +
          `with key_file [${pathDefaults.authenticatedSizes.join(", ")}]; tcp has no sizes.`,
      ),
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
    port: portSchema.describe(`Port that tcp probes; without tcp, the reflector's (default ${DEFAULT_STAMP_PORT}).`),
    stamp_port: portSchema.describe("The reflector's port where the path has tcp too."),
    key_file: z
      .string({ error: expected.keyFile })
      .min(1, { error: expected.keyFile })
      .optional()
      .describe("Authenticated stamp: file with the key in hexadecimal, as the reflector has it."),
    ...sendKeys,
  })
  .superRefine((path, context) => {
    for (const problem of [
      ...wrongFamily(path),
      ...wrongProtocol(path),
      ...wrongStampSizes(path),
      ...wrongSend(path),
    ]) {
      context.addIssue(problem);
    }
  })
  .transform(
    ({
      name,
      scope,
      target,
      protocols,
      sizes,
      rate,
      timeout,
      ip_version,
      port,
      stamp_port,
      key_file,
      ...send
    }): PathConfig => {
      const tcpPort = protocols.includes("tcp") ? port : undefined;
      return {
        name: name ?? target,
        scope,
        target,
        protocols,
        sizes: sizes ?? [...(key_file === undefined ? pathDefaults.sizes : pathDefaults.authenticatedSizes)],
        ratePerSecond: rate,
        timeoutSeconds: timeout,
        ...ipVersionOf(ip_version, send.source),
        stampPort: stamp_port ?? (tcpPort === undefined ? port : undefined) ?? DEFAULT_STAMP_PORT,
        ...(tcpPort === undefined ? {} : { tcpPort }),
        ...(key_file === undefined ? {} : { keyFile: key_file }),
        send: sendOf(send),
      };
    },
  );

function* wrongFamily({
  target: text,
  ip_version,
}: {
  target: string;
  ip_version?: 4 | 6 | undefined;
}): Iterable<Suspect> {
  const target = parseTarget(text);
  if (!("kind" in target) || target.kind !== "address" || ip_version === undefined) return;
  if (target.family === ip_version) return;
  yield refuse(`expected ${target.family}, the IP version of ${text}`, "leave it out for addresses", ["ip_version"]);
}

/** A source address settles the version for a name. */
function ipVersionOf(wanted: 4 | 6 | undefined, source: string | undefined): { ipVersion?: 4 | 6 } {
  if (wanted !== undefined) return { ipVersion: wanted };
  return source === undefined ? {} : { ipVersion: isIP(source) === 6 ? 6 : 4 };
}

interface Protocols {
  readonly protocols: readonly Protocol[];
  readonly sizes?: readonly Size[] | undefined;
  readonly port?: number | undefined;
  readonly stamp_port?: number | undefined;
  readonly key_file?: string | undefined;
}

/** What one protocol needs, or has no use for. */
function* wrongProtocol({ protocols, sizes, port, stamp_port, key_file }: Protocols): Iterable<Suspect> {
  const stamp = protocols.includes("stamp");
  const tcp = protocols.includes("tcp");
  if (tcp && port === undefined) yield refuse("tcp needs the port to probe", "add one, such as port: 443", ["port"]);
  if (!stamp && !tcp && port !== undefined) yield refuse("icmp has no ports", "leave it out", ["port"]);
  if (!stamp && stamp_port !== undefined) yield refuse("only stamp has a stamp_port", "leave it out", ["stamp_port"]);
  if (!stamp && key_file !== undefined) yield refuse("only stamp is authenticated", "leave it out", ["key_file"]);
  const gso = sizes?.indexOf("gso") ?? -1;
  if (!stamp && gso >= 0)
    yield refuse("the size gso needs the protocol stamp", "add it, or leave gso out", ["sizes", gso]);
}
