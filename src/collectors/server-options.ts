import { z } from "zod";
import { refuse } from "../config/refuse.ts";
import { fileSchema, secondsSchema, tlsKeys, tlsNeedsHttps, urlSchema } from "../config/server-schema.ts";

const expected = {
  password: "needs password_file, or password_env with the name of a variable of the environment: one of the two",
  variable: "expected the name of a variable of the environment, such as VCENTER_PASSWORD",
};

const serverKeys = {
  url: urlSchema.describe("Where it is asked; a vCenter's ends in /sdk."),
  name: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe("Label `server` of what is exported about it. Default: host, and port where it is not the usual one."),
  username: z
    .string({ error: "expected a user name" })
    .min(1, { error: "expected a user name" })
    .describe("A user that may read and nothing else."),
  password_file: fileSchema
    .optional()
    .describe("File with the password; read at each login, because secrets are rotated."),
  password_env: z
    .string({ error: expected.variable })
    .regex(/^[A-Za-z_]\w*$/, { error: expected.variable })
    .optional()
    .describe("Variable of the environment with the password, where there is no file."),
  timeout: secondsSchema("30s", 1, 300, "expected a duration from 1s to 5m, such as 30s").describe(
    "For each whole answer; 1s to 5m.",
  ),
  tls: z
    .strictObject({
      ...tlsKeys,
      server_name: z
        .string()
        .min(1)
        .optional()
        .describe("Name that its certificate has, where it is not the URL's host."),
    })
    .optional()
    .describe("For https."),
};

/** A server on another machine. */
export interface ServerOptions {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly username: string;
  readonly password: { readonly file: string } | { readonly variable: string };
  readonly timeoutSeconds: number;
  readonly tls: {
    readonly caFile: string | undefined;
    readonly serverName: string | undefined;
    readonly insecureSkipVerify: boolean;
  };
}

/** @param ownKeys of this kind of server @param finish puts what they say beside what every server has */
export function serverSchema<K extends z.ZodRawShape, O extends ServerOptions>(
  ownKeys: K,
  finish: (server: ServerOptions, written: z.output<z.ZodObject<K>>) => O,
) {
  return z
    .strictObject({ ...serverKeys, ...ownKeys })
    .superRefine((written, context) => {
      const { url, tls, password_file, password_env } = written as Written;
      if ((password_file === undefined) === (password_env === undefined)) context.addIssue(refuse(expected.password));
      if (tls && !/^https:/i.test(url)) context.addIssue(refuse(tlsNeedsHttps, "leave it out", ["tls"]));
    })
    .transform((written) => finish(serverOf(written as Written), written as z.output<z.ZodObject<K>>));
}

type Written = z.output<z.ZodObject<typeof serverKeys>>;

function serverOf({ url, name, username, password_file, password_env, timeout, tls }: Written): ServerOptions {
  return {
    name: name ?? new URL(url).host,
    url: url.replace(/\/+$/, ""),
    username,
    password: password_file === undefined ? { variable: password_env ?? "" } : { file: password_file },
    timeoutSeconds: timeout,
    tls: {
      caFile: tls?.ca_file,
      serverName: tls?.server_name,
      insecureSkipVerify: tls?.insecure_skip_verify ?? false,
    },
  };
}

/** A list of servers whose names differ, because they are a label. */
export function serversSchema<S extends z.ZodType<ServerOptions>>(server: S, example: string) {
  return z
    .array(server, { error: `expected a list such as [${example}]` })
    .default([])
    .superRefine((servers, context) => {
      servers.forEach(({ name }, i) => {
        if (servers.findIndex((other) => other.name === name) < i)
          context.addIssue(refuse(`is the second one named ${name}`, "give it another name", [i]));
      });
    });
}
