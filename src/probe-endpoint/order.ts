import type { KeyObject } from "node:crypto";
import { readPathKey } from "../config/path-key.ts";
import type { ProbeEndpointConfig, ProbeModule } from "../config/probe-endpoint.ts";
import type { ProbeRefusal, ProbeRequest } from "./answer.ts";
import { budgetSeconds } from "./budget.ts";
import { readProbeQuery } from "./query.ts";
import { parseRunTarget, type RunTarget } from "./target.ts";

/** A request that makes sense. */
export interface RunOrder {
  /** The target as the request has it: the label `path`. */
  readonly target: string;
  readonly to: RunTarget;
  readonly module: ProbeModule;
  /** Of authenticated stamp. */
  readonly key: KeyObject | undefined;
  readonly limitSeconds: number;
  readonly debug: boolean;
}

export function readOrder({ url, scrapeTimeout }: ProbeRequest, config: ProbeEndpointConfig): RunOrder | ProbeRefusal {
  const query = readProbeQuery(url);
  if ("problem" in query) return badRequest(query.problem);
  const module = Object.hasOwn(config.modules, query.module) ? config.modules[query.module] : undefined;
  if (!module) return badRequest(`there is no such module; there are: ${Object.keys(config.modules).join(", ")}`);
  const to = parseRunTarget(query.target, module);
  if ("problem" in to) return badRequest(to.problem);
  const limitSeconds = budgetSeconds(scrapeTimeout, config.timeoutOffsetSeconds, module);
  if (typeof limitSeconds === "object") return badRequest(limitSeconds.problem);
  const { keyFile } = module.path;
  const key = keyFile === undefined ? undefined : readPathKey(keyFile);
  if (typeof key === "string") {
    return { status: 503, message: "the key of this module cannot be read: virtloss check says why" };
  }
  return { target: query.target, to, module, key, limitSeconds, debug: query.debug };
}

function badRequest(message: string): ProbeRefusal {
  return { status: 400, message };
}
