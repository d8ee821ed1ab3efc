import { createSecretKey, type KeyObject } from "node:crypto";
import { deepFreeze } from "./freeze.ts";
import type { ConfigReading } from "./read.ts";
import type { Config } from "./schema.ts";

/** A reading as it goes from one process to another: keys are handles, which do not arrive, so their bytes go. */
export interface PackedReading extends ConfigReading {
  readonly keys: readonly Uint8Array[];
}

export function packReading({ config, reads }: ConfigReading): PackedReading {
  const keys = config.reflector?.keys.map((key) => key.export()) ?? [];
  return { config: withKeys(config, []), keys, reads };
}

/** As frozen as it was before. */
export function unpackReading({ config, keys, reads }: PackedReading): ConfigReading {
  return deepFreeze({ config: withKeys(config, keys.map(createSecretKey)), reads });
}

function withKeys({ reflector, ...others }: Config, keys: readonly KeyObject[]): Config {
  return { ...others, ...(reflector && { reflector: { ...reflector, keys } }) };
}
