import { z } from "zod";
import { refuse } from "../../config/refuse.ts";
import { secondsSchema } from "../../config/server-schema.ts";
import { type ServerOptions, serverSchema, serversSchema } from "../server-options.ts";

const shardExpectation = "expected a part such as {index: 0, count: 3}, with an index from 0 to count - 1";

export interface VcenterOptions extends ServerOptions {
  readonly intervalSeconds: number;
  /** Names of clusters, with * and ?; empty: all. */
  readonly clusters: readonly string[];
  /** Which part of the hosts is read, with their machines. */
  readonly shard: { readonly index: number; readonly count: number };
}

const vcenterSchema = serverSchema(
  {
    interval: secondsSchema("30s", 20, 60, "expected a duration from 20s to 60s, such as 30s").describe(
      "How often it is asked; 20s to 60s. No 20-second sample is left out, whatever it is.",
    ),
    clusters: z
      .array(z.string().min(1))
      .default([])
      .describe("Read only hosts of these clusters and their machines; * and ? stand for anything. Default: all."),
    shard: z
      .strictObject({
        index: z.int({ error: shardExpectation }).min(0, { error: shardExpectation }).describe("Which part, from 0."),
        count: z
          .int({ error: shardExpectation })
          .min(1, { error: shardExpectation })
          .max(1000, { error: shardExpectation })
          .describe("Number of parts; the same for all who share the work."),
      })
      .superRefine(({ index, count }, context) => {
        if (index >= count) context.addIssue(refuse(shardExpectation));
      })
      .prefault({ index: 0, count: 1 })
      .describe("Read one part of the hosts and their machines, chosen by name; other exporters read the others."),
  },
  (server, { interval, clusters, shard }): VcenterOptions => ({
    ...server,
    intervalSeconds: interval,
    clusters,
    shard,
  }),
);

export const vcenterOptions = serversSchema(
  vcenterSchema,
  "{url: https://vcenter.example.org/sdk, username: USER, password_file: FILE}",
);
