import { z } from "zod";
import { durationPattern, parseDurationSeconds } from "./duration.ts";
import { refuse } from "./refuse.ts";

const expected = {
  // Not "expected": such a message is followed by what was found, and a URL may hold a secret.
  url: "has to be an http or https URL, without user and password in it; they have keys of their own",
  file: "expected the name of a file",
};

/** A duration as seconds. @param fallback as it is written */
export function secondsSchema(fallback: string, minSeconds: number, maxSeconds: number, error: string) {
  return z
    .string({ error })
    .regex(durationPattern, { error, abort: true })
    .transform((text) => parseDurationSeconds(text) ?? Number.NaN)
    .refine((seconds) => seconds >= minSeconds && seconds <= maxSeconds, { error })
    .prefault(fallback);
}

export const fileSchema = z.string({ error: expected.file }).min(1, { error: expected.file });

export const urlSchema = z.string({ error: expected.url }).superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!usable) context.addIssue(refuse(expected.url));
});

/** How to know that a server is the right one; belongs to an https URL. */
export const tlsKeys = {
  ca_file: fileSchema.optional().describe("Certificates to trust, PEM. Default: those that Node.js brings."),
  insecure_skip_verify: z.boolean().default(false).describe("Accept any certificate."),
};

export const tlsNeedsHttps = "only an https URL has tls";
