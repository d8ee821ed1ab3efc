import { z } from "zod";

/** Interfaces that a host has by the thousand, one a guest or container, and loopback; taps are reported by VM. */
const DEFAULT_EXCLUDE = "^(lo|veth.*|tap.*|vnet.*|docker.*|cali.*)$";

const pattern = z.string().transform((source, context) => {
  try {
    return new RegExp(source);
  } catch (error) {
    context.addIssue({
      code: "custom",
      message: `expected a regular expression, got "${source}": ${error instanceof Error ? error.message : String(error)}`,
    });
    return z.NEVER;
  }
});

export const nicOptions = z.strictObject({
  include: pattern.optional().describe("Interfaces to report, whatever `exclude` says, by regular expression."),
  exclude: pattern.prefault(DEFAULT_EXCLUDE).describe("Interfaces to leave out, by regular expression."),
});

export type NicOptions = z.output<typeof nicOptions>;
