import type { z } from "zod";
import { interfaceOptions } from "../interface-options.ts";

/** Interfaces that a host has by the thousand, one a guest or container, and loopback; taps are reported by VM. */
export const nicOptions = interfaceOptions("^(lo|veth.*|tap.*|vnet.*|docker.*|cali.*)$");

export type NicOptions = z.output<typeof nicOptions>;
