import { z } from "zod";
import { networkExpectation, parseNetwork } from "./cidr.ts";
import { durationPattern, parseDurationSeconds } from "./duration.ts";
import { protocols } from "./path.ts";
import { pathSchema } from "./path-schema.ts";
import { LONGEST_RUN_SECONDS, neededSeconds, type ProbeEndpointConfig, type ProbeModule } from "./probe-endpoint.ts";
import { refuse } from "./refuse.ts";

const MAX_COUNT = 100_000;
const MAX_CONCURRENCY = 1000;
const moduleDefaults = { count: 100, rate: 50, sizes: [64], authenticatedSizes: [120] };

const expected = {
  allow: "expected a list of networks, such as [10.0.0.0/8]",
  modules: "expected modules by name, such as {icmp: {protocol: icmp}}",
  module: "expected a name of 1 to 64 letters, digits, _ and -, with a letter first",
  protocol: "expected icmp, stamp or tcp",
  count: `expected a whole number of packets from 1 to ${MAX_COUNT}`,
  concurrency: `expected a number of runs from 1 to ${MAX_CONCURRENCY}`,
  offset: "expected a duration from 0ms to 10s, such as 500ms",
};

const networkSchema = z.string({ error: networkExpectation }).transform((text, context) => {
  const network = parseNetwork(text);
  if (network) return network;
  context.addIssue({ code: "custom", message: networkExpectation });
  return z.NEVER;
});

const { name: _, target: __, protocols: ___, scope, rate, sizes, port, ...pathKeys } = pathSchema.in.shape;

/** Stands for the target while the other keys are checked: nothing about it is known yet. */
const ANY_TARGET = "target.invalid";
const ANY_PORT = 1;

const moduleSchema = z
  .strictObject({
    protocol: z.enum(protocols, { error: expected.protocol }).default("icmp").describe("icmp, stamp or tcp."),
    count: z
      .int({ error: expected.count })
      .min(1, { error: expected.count })
      .max(MAX_COUNT, { error: expected.count })
      .default(moduleDefaults.count)
      .describe("Packets of one run; with rate and timeout they have to fit into 60 s."),
    scope: scope.default("external").describe("Label `scope` of what it measures."),
    rate: rate.unwrap().prefault(moduleDefaults.rate).describe("Packets per second of one run."),
    sizes: sizes.describe("As of a path. Default: [64], with key_file [120]; tcp has no sizes."),
    port: port.describe("Port of tcp, which targets may then not name, or of the stamp reflector (default 862)."),
    ...pathKeys,
  })
  .transform(({ protocol, count, ...keys }, context): Omit<ProbeModule, "name"> => {
    const portIsTheTargets = protocol === "tcp" && keys.port === undefined;
    // The same checks, and the same words, as for a path of the configuration.
    const checked = pathSchema.safeParse({
      ...keys,
      target: ANY_TARGET,
      protocols: [protocol],
      sizes: keys.sizes ?? (keys.key_file === undefined ? moduleDefaults.sizes : moduleDefaults.authenticatedSizes),
      timeout: `${Math.round(keys.timeout * 1000)}ms`,
      port: portIsTheTargets ? ANY_PORT : keys.port,
    });
    for (const issue of checked.error?.issues ?? []) {
      const params = issue.code === "custom" ? issue.params : undefined;
      context.addIssue({ code: "custom", message: issue.message, path: [...issue.path], ...(params && { params }) });
    }
    if (!checked.success) return z.NEVER;
    const { name, target, tcpPort, ...path } = checked.data;
    const module = { protocol, count, path: { ...path, ...(tcpPort && !portIsTheTargets && { tcpPort }) } };
    if (neededSeconds(module) > LONGEST_RUN_SECONDS) {
      const problem = `a run has to end within ${LONGEST_RUN_SECONDS} s: count / rate + timeout, for stamp twice the timeout`;
      context.addIssue(refuse(problem, "send fewer packets, or faster", ["count"]));
    }
    return module;
  });

/** What there is where no modules are configured. */
const builtInModules = { icmp: {}, stamp: { protocol: "stamp" }, tcp: { protocol: "tcp" } } as const;

/** The section `probe`. */
export const probeEndpointSchema = z
  .strictObject({
    allow: z
      .array(networkSchema, { error: expected.allow })
      .default([])
      .describe("Networks that /probe may send packets to. Default: none, and the endpoint is off."),
    modules: z
      .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/, { error: expected.module }), moduleSchema, {
        error: expected.modules,
      })
      .prefault(builtInModules)
      .describe("Ways to probe, by the name that requests give as module. Default: icmp, stamp and tcp."),
    concurrency: z
      .int({ error: expected.concurrency })
      .min(1, { error: expected.concurrency })
      .max(MAX_CONCURRENCY, { error: expected.concurrency })
      .default(8)
      .describe("Runs at the same time; further requests are told to come again."),
    timeout_offset: z
      .string({ error: expected.offset })
      .regex(durationPattern, { error: expected.offset, abort: true })
      .transform((text) => parseDurationSeconds(text) ?? Number.NaN)
      .refine((seconds) => seconds <= 10, { error: expected.offset })
      .prefault("500ms")
      .describe("Kept back from Prometheus' scrape timeout, for the answer to travel; 0ms to 10s."),
  })
  .transform(
    ({ allow, modules, concurrency, timeout_offset }): ProbeEndpointConfig => ({
      allow,
      modules: Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, { name, ...module }])),
      concurrency,
      timeoutOffsetSeconds: timeout_offset,
    }),
  );
