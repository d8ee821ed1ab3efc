import { z } from "zod";

export const ovsOptions = z.strictObject({
  socket: z
    .string()
    .startsWith("/", "expected an absolute path")
    .optional()
    .describe(
      "Socket of ovsdb-server, default /run/openvswitch/db.sock, then /var/run/openvswitch/db.sock; those of ovs-vswitchd are sought beside it.",
    ),
});

export type OvsOptions = z.output<typeof ovsOptions>;
