import { isIP } from "node:net";
import { z } from "zod";
import type { SendOptions } from "./path.ts";
import { refuse, type Suspect } from "./refuse.ts";
import { parseTarget } from "./target.ts";

const expected = {
  dscp: "expected a code point from 0 to 63",
  ttl: "expected a number of hops from 1 to 255",
  source: "expected an address of this machine",
  interface: "expected the name of a network interface, such as eth0",
  sourcePorts: "expected a number of ports from 1 to 16",
};

function whole(min: number, max: number, error: string) {
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** Keys of a path that say how its packets are sent. */
export const sendKeys = {
  dscp: whole(0, 63, expected.dscp).default(0).describe("Differentiated services code point of the packets."),
  ttl: whole(1, 255, expected.ttl).optional().describe("Time to live, or hop limit. Default: the kernel's."),
  df: z
    .boolean()
    .default(false)
    .describe("Don't fragment: the path MTU is found and exported, and what is larger is told apart from loss."),
  source: z
    .string({ error: expected.source })
    .refine((text) => isIP(text) !== 0, { error: expected.source })
    .optional()
    .describe("Source address. Default: the kernel's choice."),
  interface: z
    .string({ error: expected.interface })
    .regex(/^[^\s/%:]{1,15}$/, { error: expected.interface })
    .optional()
    .describe("Interface that packets must leave by. Default: the routing table's choice."),
  source_ports: whole(1, 16, expected.sourcePorts)
    .default(1)
    .describe("stamp: UDP source ports to rotate over, so that more of several equal-cost ways are used."),
};

interface SendKeys {
  readonly dscp: number;
  readonly ttl?: number | undefined;
  readonly df: boolean;
  readonly source?: string | undefined;
  readonly interface?: string | undefined;
  readonly source_ports: number;
}

export function sendOf({ dscp, ttl, df, source, interface: device, source_ports }: SendKeys): SendOptions {
  return { dscp, ttl: ttl ?? null, df, source: source ?? null, device: device ?? null, sourcePorts: source_ports };
}

export function* wrongSend(
  path: Partial<SendKeys> & {
    readonly target: string;
    readonly protocols: readonly string[];
    readonly ip_version?: 4 | 6 | undefined;
  },
): Iterable<Suspect> {
  if ((path.source_ports ?? 1) > 1 && !path.protocols.includes("stamp")) {
    yield refuse("only stamp has source ports to rotate over", "leave it out", ["source_ports"]);
  }
  if (path.source === undefined) return;
  const target = parseTarget(path.target);
  const family = "kind" in target && target.kind === "address" ? target.family : path.ip_version;
  if (family !== undefined && family !== isIP(path.source)) {
    yield refuse(`expected an IPv${family} address, as the target's`, undefined, ["source"]);
  }
}
