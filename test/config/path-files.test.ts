import { labelKeys } from "../../src/config/label-keys.ts";
import { loadConfig } from "../../src/config/load.ts";
import { memoryFiles } from "./memory-files.ts";

const config = "path_files: ['paths/*.json', more.yaml]";

function load(files: Readonly<Record<string, string>>) {
  return loadConfig("/etc/v/c.yaml", undefined, memoryFiles({ "/etc/v/c.yaml": config, ...files }));
}

const valid = { "/etc/v/paths/a.json": "[]", "/etc/v/more.yaml": "[]" };

test("file_sd groups become paths, from JSON and YAML, with the labels as settings", async () => {
  const { paths, pathsAreDefault, warnings } = await load({
    "/etc/v/paths/b.json": '[{"targets": ["db2"], "labels": {"__scope__": "colocated", "path": "db two"}}]',
    "/etc/v/paths/a.json": '[{"targets": ["10.0.0.1", "fd00::1"], "labels": {"__scope__": "gateway"}}]',
    "/etc/v/paths/.hidden.json": "no path file",
    "/etc/v/paths/a.yaml": "no path file",
    "/etc/v/more.yaml": `
- targets: [far.example]
  labels: {__scope__: external, __rate__: "0.5", __sizes__: "64, random", __timeout__: 2s, __ip_version__: "6", __protocols__: icmp}
`,
  });

  expect(paths.map(({ name, scope, target }) => [name, scope, target])).toEqual([
    ["10.0.0.1", "gateway", "10.0.0.1"],
    ["fd00::1", "gateway", "fd00::1"],
    ["db two", "colocated", "db2"],
    ["far.example", "external", "far.example"],
  ]);
  expect(paths[3]).toMatchObject({ ratePerSecond: 0.5, sizes: [64, "random"], timeoutSeconds: 2, ipVersion: 6 });
  expect(pathsAreDefault).toBe(false);
  expect(warnings).toEqual([]);
});

test("labels that mean nothing to virtloss are ignored with a warning", async () => {
  const text = '[{"targets": ["a"], "labels": {"__scope__": "gateway", "env": "prod"}}]';

  const { warnings } = await load({ ...valid, "/etc/v/paths/a.json": text });

  expect(warnings).toEqual([
    "/etc/v/paths/a.json:1:56: [0].labels.env: the label is ignored; known labels are path, __scope__, __protocols__, " +
      "__sizes__, __rate__, __timeout__, __ip_version__, __port__, __stamp_port__, __key_file__, __dscp__, __ttl__, " +
      "__df__, __source__, __interface__, __source_ports__",
  ]);
});

test("every key of a path but its target has a label, and its text is read as the key wants it", async () => {
  const labels = {
    ...{ path: "7", __scope__: "external", __protocols__: "icmp, stamp,tcp", __sizes__: "120,mtu,random" },
    ...{ __rate__: "2.5", __timeout__: "500ms", __ip_version__: "4", __port__: "443", __stamp_port__: "1862" },
    ...{ __key_file__: "1", __dscp__: "46", __ttl__: "9", __df__: "true", __source__: "192.0.2.9" },
    ...{ __interface__: "7", __source_ports__: "4" },
  };

  const { paths } = await load({
    ...valid,
    "/etc/v/paths/a.json": JSON.stringify([{ targets: ["a.example"], labels }]),
    "/etc/v/1": "00".repeat(32),
  });

  expect([...labelKeys.keys()]).toEqual(Object.keys(labels));
  expect(paths).toEqual([
    {
      ...{ name: "7", scope: "external", target: "a.example", protocols: ["icmp", "stamp", "tcp"] },
      ...{ sizes: [120, "mtu", "random"], ratePerSecond: 2.5, timeoutSeconds: 0.5, ipVersion: 4 },
      ...{ tcpPort: 443, stampPort: 1862, keyFile: "/etc/v/1" },
      send: { dscp: 46, ttl: 9, df: true, source: "192.0.2.9", device: "7", sourcePorts: 4 },
    },
  ]);
});

test.each([
  ["", "1:1: is missing; expected a list of {targets: [...], labels: {__scope__: ...}}"],
  ['{"targets": []}', "1:1: expected a list of {targets: [...], labels: {__scope__: ...}}, got a mapping"],
  ['[{"labels": {}}]', "1:2: [0].targets: is missing; expected a list of targets, such as [10.0.0.12]"],
  [
    '[{"targets": []}]',
    "1:2: [0].labels: is missing; expected a mapping of labels to texts, with __scope__ among them",
  ],
  [
    '[{"targets": ["a"], "labels": {}}]',
    "1:31: [0].labels.__scope__: is missing; expected colocated, gateway, external or control",
  ],
  [
    '[{"targets": ["a"], "labels": {"__scope__": "gatway"}}]',
    '1:45: [0].labels.__scope__: expected colocated, gateway, external or control, got "gatway"; did you mean "gateway"?',
  ],
  [
    '[{"targets": ["a:1"], "labels": {"__scope__": "gateway"}}]',
    '1:15: [0].targets[0]: expected an address (10.0.0.1, fd00::1, fe80::1%eth0), a host name, or default-gateway, got "a:1"; the port is a key of its own: write a, and port: 1',
  ],
  [
    '[{"targets": ["a"], "labels": {"__scope__": "gateway", "__rate__": "fast"}}]',
    '1:68: [0].labels.__rate__: expected packets per second, above 0 and at most 100000 (the measured limit of the probe engine), got "fast"',
  ],
  [
    '[{"targets": ["a"], "labels": {"__scope__": 3}}]',
    "1:45: [0].labels.__scope__: expected a text: labels are texts, got 3",
  ],
  [
    '[{"targets": ["a", "a"], "labels": {"__scope__": "gateway"}}]',
    '1:20: [0].targets[1]: the name "a" is already that of the path at /etc/v/paths/a.json:1:15; give each path its own name',
  ],
])("the path file %j is refused", async (text, message) => {
  await expect(load({ ...valid, "/etc/v/paths/a.json": text })).rejects.toThrow(
    expect.objectContaining({ message: `/etc/v/paths/a.json:${message}` }),
  );
});

test("a file that was cut while it was written is an error, not a shorter list", async () => {
  const text = '[{"targets": ["a", "b"], "labels": {"__scope__": "gateway"}}]';

  for (let length = 1; length < text.length; length++) {
    await expect(load({ ...valid, "/etc/v/paths/a.json": text.slice(0, length) })).rejects.toThrow(
      "/etc/v/paths/a.json:1:",
    );
  }
});

test("a named file must exist, a pattern may match nothing", async () => {
  await expect(load({ "/etc/v/paths/a.json": "[]" })).rejects.toThrow("/etc/v/more.yaml: cannot be used: no such file");
  const { warnings } = await load({ "/etc/v/paths/a.txt": "", "/etc/v/more.yaml": "[]" });
  expect(warnings).toEqual(["/etc/v/paths/*.json: matches no file"]);
});

test("a directory that is not there is told", async () => {
  await expect(load({ "/etc/v/more.yaml": "[]" })).rejects.toThrow(
    "/etc/v/paths/*.json: cannot be used: its directory: no such file",
  );
});
