import { loadConfig } from "../../src/config/load.ts";
import { errorsOf, file, load } from "./load-text.ts";
import { memoryFiles } from "./memory-files.ts";

test("a URL alone has the defaults of Prometheus; settings are in base units and files absolute", async () => {
  const { discovery, paths, pathsAreDefault } = await load(`
path_urls:
  - http://sd.example/paths?team=net
  - url: https://sd.example/paths
    name: net
    refresh: 5m
    timeout: 2s
    labels: {__scope__: external, __rate__: "5"}
    username: u
    password_file: secret/password
    tls: {ca_file: ca.pem}
  - {url: "https://sd.example:8443/", authorization_file: /run/token, tls: {insecure_skip_verify: true}}
`);

  const plain = { refreshSeconds: 60, timeoutSeconds: 10, labels: {}, login: undefined };
  const trusting = { caFile: undefined, insecureSkipVerify: false };
  expect(discovery.urls).toEqual([
    { ...plain, label: "http://sd.example/paths", url: "http://sd.example/paths?team=net", tls: trusting },
    {
      label: "net",
      url: "https://sd.example/paths",
      refreshSeconds: 300,
      timeoutSeconds: 2,
      labels: { __scope__: "external", __rate__: "5" },
      login: { username: "u", passwordFile: "/etc/secret/password" },
      tls: { caFile: "/etc/ca.pem", insecureSkipVerify: false },
    },
    {
      ...plain,
      label: "https://sd.example:8443/",
      url: "https://sd.example:8443/",
      login: { authorizationFile: "/run/token" },
      tls: { caFile: undefined, insecureSkipVerify: true },
    },
  ]);
  expect([paths, pathsAreDefault]).toEqual([[], false]);
});

test("a name has its type, its pace and the keys of its paths", async () => {
  const { discovery } = await load(`
path_names:
  - {name: db.example.org, scope: colocated}
  - {name: _virtloss._udp.example.org, type: SRV, refresh: 1m, scope: external, protocols: [stamp], rate: 5, timeout: 500ms}
`);

  expect(discovery.names).toEqual([
    {
      ...{ label: "db.example.org address", name: "db.example.org", type: "address", refreshSeconds: 30 },
      template: { scope: "colocated" },
    },
    {
      ...{ label: "_virtloss._udp.example.org SRV", name: "_virtloss._udp.example.org", type: "SRV" },
      refreshSeconds: 60,
      template: { scope: "external", protocols: ["stamp"], rate: 5, timeout: "500ms" },
    },
  ]);
});

test("key files are absolute, and looked at before anything is asked", async () => {
  const config = `
path_urls: [{url: "http://a/", labels: {__protocols__: stamp, __key_file__: url.key}}]
path_names: [{name: a.example, scope: external, protocols: [stamp], key_file: name.key}]
`;
  const key = "00".repeat(32);
  const both = { [file]: config, "/etc/url.key": key, "/etc/name.key": key };

  const { discovery } = await loadConfig(file, undefined, memoryFiles(both));

  expect(discovery.urls[0]?.labels["__key_file__"]).toBe("/etc/url.key");
  expect(discovery.names[0]?.template["key_file"]).toBe("/etc/name.key");
  expect(await errorsOf(config)).toEqual([
    "/etc/url.key: cannot be used: no such file",
    "/etc/name.key: cannot be used: no such file",
  ]);
});

const urlText = "has to be an http or https URL, without user and password in it; they have keys of their own";
const dnsNameText = "expected a host name, such as db.example.org or _virtloss._udp.example.org";

test.each([
  ["path_urls: [ftp://sd.example/]", `1:13: path_urls[0].url: ${urlText}`],
  ["path_urls: [{url: 'http://u:secret@sd.example/'}]", `1:19: path_urls[0].url: ${urlText}`],
  ["path_urls: [7]", "1:13: path_urls[0]: expected a mapping of keys to values, got 7"],
  [
    "path_urls: [{url: 'http://a/', refresh: 0s}]",
    '1:41: path_urls[0].refresh: expected a duration from 1s to 24h, such as 30s or 5m, got "0s"',
  ],
  ["path_urls: [{url: 'http://a/', username: u}]", "1:13: path_urls[0]: username and password_file belong together"],
  [
    "path_urls: [{url: 'http://a/', username: u, password_file: p, authorization_file: f}]",
    "1:13: path_urls[0]: give username and password_file, or authorization_file: a request has one login",
  ],
  ["path_urls: [{url: 'http://a/', tls: {}}]", "1:37: path_urls[0].tls: only an https URL has tls; leave it out"],
  [
    "path_urls: [{url: 'http://a/', labels: {__rat__: '1'}}]",
    '1:41: path_urls[0].labels.__rat__: unknown label; did you mean "__rate__"?',
  ],
  [
    "path_urls: [{url: 'http://a/', labels: {__rate__: fast}}]",
    '1:51: path_urls[0].labels.__rate__: expected packets per second, above 0 and at most 100000 (the measured limit of the probe engine), got "fast"',
  ],
  [
    "path_urls: [{url: 'http://a/', labels: {path: x}}]",
    "1:41: path_urls[0].labels.path: two paths may not have one name; known labels are",
  ],
  [
    "path_urls: ['http://a/x?1', 'http://a/x?2']",
    '1:29: path_urls[1]: is shown as "http://a/x", as path_urls[0] is; give one of them a name',
  ],
  ["path_names: [{name: 10.0.0.1, scope: external}]", `1:21: path_names[0].name: ${dnsNameText}, got "10.0.0.1"`],
  ["path_names: [{name: default-gateway, scope: gateway}]", `1:21: path_names[0].name: ${dnsNameText}`],
  [
    "path_names: [{name: a.example}]",
    "1:14: path_names[0].scope: is missing; expected colocated, gateway, external or control",
  ],
  [
    "path_names: [{name: a.example, scope: external, type: MX}]",
    '1:55: path_names[0].type: expected address, A, AAAA or SRV, got "MX"',
  ],
  ["path_names: [{name: a.example, scope: external, target: b.example}]", "1:49: path_names[0].target: unknown key"],
  [
    "path_names: [{name: a.example, scope: external, source: 192.0.2.1}]",
    "1:57: path_names[0].source: expected an IPv6 address, as the target's",
  ],
  [
    "path_names: [{name: a.example, scope: external, type: SRV, protocols: [tcp], port: 80}]",
    "1:84: path_names[0].port: an SRV record brings its own port; leave it out",
  ],
  [
    "path_names: [{name: a.example, scope: external, protocols: [tcp]}]",
    "path_names[0].port: tcp needs the port to probe",
  ],
  [
    "path_names: [{name: a.example, scope: external}, {name: a.example, scope: gateway}]",
    '1:50: path_names[1]: is shown as "a.example address", as path_names[0] is; remove one',
  ],
])("%j is refused", async (text, message) => {
  const errors = await errorsOf(text);

  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(message);
  expect(errors[0]).not.toContain("secret");
});
