import { z } from "zod";

export const guestOptions = z.strictObject({
  uuid_file: z
    .string()
    .startsWith("/", "expected an absolute path")
    .optional()
    .describe("A copy of the product UUID, for an exporter that does not run as root (systemd LoadCredential)."),
});

export type GuestOptions = z.output<typeof guestOptions>;
