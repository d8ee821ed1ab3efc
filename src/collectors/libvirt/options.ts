import { z } from "zod";
import { libvirtUriExpectation, parseLibvirtUri } from "./uri.ts";

export const libvirtOptions = z.strictObject({
  uri: z
    .string({ error: libvirtUriExpectation })
    .refine((uri) => parseLibvirtUri(uri) !== undefined, { error: libvirtUriExpectation })
    .default("qemu:///system")
    .describe("Which libvirt to ask; another socket than its usual one stands behind ?socket=."),
});

export type LibvirtOptions = z.output<typeof libvirtOptions>;
