import { loadConfig } from "../../src/config/load.ts";
import { errorsOf } from "./load-text.ts";
import { memoryFiles } from "./memory-files.ts";

async function optionsOf(text: string, collector: string): Promise<unknown> {
  const config = await loadConfig("/etc/virtloss/c.yaml", undefined, memoryFiles({ "/etc/virtloss/c.yaml": text }));
  return config.collectors[collector]?.options;
}

test("a vCenter has defaults, and its files are beside the configuration", async () => {
  const text =
    "vcenters: [{url: 'https://vc.example.org/sdk/', username: u, password_file: p, tls: {ca_file: ca.pem}}]";

  expect(await optionsOf(text, "vcenter")).toEqual([
    {
      name: "vc.example.org",
      url: "https://vc.example.org/sdk",
      username: "u",
      password: { file: "/etc/virtloss/p" },
      timeoutSeconds: 30,
      tls: { caFile: "/etc/virtloss/ca.pem", serverName: undefined, insecureSkipVerify: false },
      intervalSeconds: 30,
      clusters: [],
      shard: { index: 0, count: 1 },
    },
  ]);
});

test("a manager of NSX takes its password from the environment, and has a name of its own", async () => {
  const text = "nsx_managers: [{url: 'https://nsx:8443', name: east, username: u, password_env: NSX_PASSWORD}]";

  expect(await optionsOf(text, "nsx")).toMatchObject([
    { name: "east", password: { variable: "NSX_PASSWORD" }, intervalSeconds: 60, segmentsAtOnce: 200, topRules: 50 },
  ]);
});

test("a collector of servers can be off although servers are configured", async () => {
  const text = "collectors: {vcenter: false}\nvcenters: [{url: 'https://vc/sdk', username: u, password_file: p}]";
  const config = await loadConfig("/c.yaml", undefined, memoryFiles({ "/c.yaml": text }));

  expect(config.collectors["vcenter"]).toMatchObject({ enabled: false });
});

const vc = "url: 'https://vc/sdk', username: u";

test.each([
  [`vcenters: [{${vc}}]`, /vcenters\[0\]: needs password_file, or password_env .*one of the two/],
  [`vcenters: [{${vc}, password_file: p, password_env: P}]`, /one of the two/],
  [
    "vcenters: [{url: 'https://u:secret@vc/sdk', username: u, password_file: p}]",
    /vcenters\[0\]\.url: has to be an http/,
  ],
  ["vcenters: [{url: vc, username: u, password_file: p}]", /vcenters\[0\]\.url: has to be an http/],
  [`vcenters: [{${vc}, password_file: p, interval: 5s}]`, /interval: expected a duration from 20s to 60s/],
  [`vcenters: [{${vc}, password_file: p, shard: {index: 3, count: 3}}]`, /shard: expected a part such as/],
  [`vcenters: [{${vc}, password_file: p}, {${vc}, password_file: p}]`, /vcenters\[1\]: is the second one named vc/],
  ["vcenters: [{url: 'http://vc/sdk', username: u, password_file: p, tls: {}}]", /tls: only an https URL has tls/],
  [`vcenters: [{${vc}, password: hunter2}]`, /vcenters\[0\]\.password: unknown key/],
  ["vcenters: 3", /vcenters: expected a list such as/],
])("%s is refused", async (text, expected) => {
  const errors = await errorsOf(text);

  expect(errors.join("\n")).toMatch(expected);
  expect(errors.join("\n")).not.toMatch(/secret|hunter2/);
});
