import { z } from "zod";

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

/** Which interfaces a collector reports. @param exclude what it leaves out unless told */
export function interfaceOptions(exclude: string) {
  return z.strictObject({
    include: pattern.optional().describe("Interfaces to report, whatever `exclude` says, by regular expression."),
    exclude: pattern.prefault(exclude).describe("Interfaces to leave out, by regular expression."),
  });
}
