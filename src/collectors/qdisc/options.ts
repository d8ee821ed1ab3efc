import type { z } from "zod";
import { interfaceOptions } from "../interface-options.ts";

/** Loopback has no queue. */
export const qdiscOptions = interfaceOptions("^lo$");

export type QdiscOptions = z.output<typeof qdiscOptions>;
