import { z } from "zod";
import { secondsSchema } from "../../config/server-schema.ts";
import { type ServerOptions, serverSchema, serversSchema } from "../server-options.ts";

export interface NsxOptions extends ServerOptions {
  readonly intervalSeconds: number;
  /** At most so many segments are asked for their drops in one reading; the others have their turn in the next. */
  readonly segmentsAtOnce: number;
  /** At most so many rules of the distributed firewall, those that drop most. */
  readonly topRules: number;
}

const nsxSchema = serverSchema(
  {
    interval: secondsSchema("60s", 20, 600, "expected a duration from 20s to 10m, such as 60s").describe(
      "How often it is asked; 20s to 10m.",
    ),
    segments_at_once: z
      .int()
      .min(1)
      .max(5000)
      .default(200)
      .describe("Segments that are asked for their drops in one reading; the others have their turn in the next."),
    top_rules: z
      .int()
      .min(0)
      .max(1000)
      .default(50)
      .describe("Firewall rules that drop, of which the packets are exported: those that dropped most."),
  },
  (server, { interval, segments_at_once, top_rules }): NsxOptions => ({
    ...server,
    intervalSeconds: interval,
    segmentsAtOnce: segments_at_once,
    topRules: top_rules,
  }),
);

export const nsxOptions = serversSchema(
  nsxSchema,
  "{url: https://nsx.example.org, username: USER, password_file: FILE}",
);
