import { z } from "zod";

export const dropsOptions = z.strictObject({
  locations: z
    .boolean()
    .default(false)
    .describe("Also count by the function of the kernel that dropped; needs CAP_SYSLOG beside what counting needs."),
});

export type DropsOptions = z.output<typeof dropsOptions>;
