import { isIP } from "node:net";
import { z } from "zod";
import { pathSchema } from "./path-schema.ts";
import { refuse } from "./refuse.ts";
import { fileSchema, secondsSchema, tlsKeys, tlsNeedsHttps, urlSchema } from "./server-schema.ts";
import { parseTarget } from "./target.ts";

/** address is every A and AAAA record of a name. */
export const recordTypes = ["address", "A", "AAAA", "SRV"] as const;
export type RecordType = (typeof recordTypes)[number];

const expected = {
  login: "username and password_file belong together",
  twoLogins: "give username and password_file, or authorization_file: a request has one login",
  refresh: "expected a duration from 1s to 24h, such as 30s or 5m",
  timeout: "expected a duration from 100ms to 60s, such as 10s",
  dnsName: "expected a host name, such as db.example.org or _virtloss._udp.example.org",
};

function refreshSchema(fallback: string) {
  return secondsSchema(fallback, 1, 86_400, expected.refresh);
}

const longUrlSchema = z
  .strictObject({
    url: urlSchema.describe("Asked with GET; the answer is a list of target groups as JSON, as Prometheus' HTTP SD."),
    name: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("Label `source` of what is exported about it. Default: the URL without its query."),
    refresh: refreshSchema("60s").describe("How often it is asked; 1s to 24h."),
    timeout: secondsSchema("10s", 0.1, 60, expected.timeout).describe("For the whole answer; 100ms to 60s."),
    labels: z
      .record(z.string(), z.string({ error: "expected a text: labels are texts" }))
      .default({})
      .describe("Labels of every group that does not have them itself, such as {__scope__: external}."),
    username: z.string().optional().describe("HTTP basic authentication."),
    password_file: fileSchema.optional().describe("File with the password."),
    authorization_file: fileSchema
      .optional()
      .describe("File with the whole value of the header Authorization, such as: Bearer TOKEN."),
    tls: z.strictObject(tlsKeys).optional().describe("For https."),
  })
  .superRefine((source, context) => {
    const { username, password_file, authorization_file, tls } = source;
    if ((username === undefined) !== (password_file === undefined)) context.addIssue(refuse(expected.login));
    if (username !== undefined && authorization_file !== undefined) context.addIssue(refuse(expected.twoLogins));
    if (tls && !/^https:/i.test(source.url)) context.addIssue(refuse(tlsNeedsHttps, "leave it out", ["tls"]));
  });

export const pathUrlsSchema = z
  .array(
    z.preprocess((written) => (typeof written === "string" ? { url: written } : written), longUrlSchema),
    { error: "expected a list of URLs, or of settings such as {url: http://sd.example.org/paths, refresh: 60s}" },
  )
  .default([]);

export type WrittenUrl = z.output<typeof longUrlSchema>;

const { name: _, target: __, ...pathKeys } = pathSchema.in.shape;

/** The keys that a path of DNS takes over as they are written. */
export const templateKeys: readonly string[] = Object.keys(pathKeys);

const dnsNameSchema = z.string({ error: expected.dnsName }).superRefine((text, context) => {
  const target = parseTarget(text);
  if (!("kind" in target)) context.addIssue(refuse(expected.dnsName, target.problem));
  else if (isIP(text) !== 0) context.addIssue(refuse(expected.dnsName, "an address belongs into paths"));
  else if (target.kind !== "name") context.addIssue(refuse(expected.dnsName));
});

const nameSchema = z.strictObject({
  name: dnsNameSchema.describe("Each of its records is a path, named NAME/ADDRESS, or NAME/TARGET:PORT for SRV."),
  type: z
    .enum(recordTypes)
    .default("address")
    .describe("address: every A and AAAA record; A; AAAA; SRV: every service, with its port for tcp and stamp."),
  refresh: refreshSchema("30s").describe("How often it is asked at least; sooner where a TTL ends, but not under 5s."),
  ...pathKeys,
});

export const pathNamesSchema = z
  .array(nameSchema, { error: "expected a list such as [{name: db.example.org, scope: colocated}]" })
  .default([]);

export type WrittenName = z.output<typeof nameSchema>;
