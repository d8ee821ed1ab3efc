import { errorsOf, listenText, onePath, rateText, sizeText, targetText, timeoutText } from "./load-text.ts";

describe("one error names line, column, key, what was expected and what was found", () => {
  test.each([
    [
      "paths:\n- scpe: control\n  scope: control\n  target: a",
      '2:3: paths[0].scpe: unknown key; did you mean "scope"?',
    ],
    [
      "hypervisors: []",
      "1:1: hypervisors: unknown key; known keys are paths, path_files, path_urls, path_names, web, collectors, libvirt, vcenters, nsx_managers, prober, probe, reflector, thresholds, log",
    ],
    ["web: {config_file: x}", "1:7: web.config_file: unknown key; known keys are listen, enable_lifecycle"],
    ["paths: [{target: a}]", "1:9: paths[0].scope: is missing; expected colocated, gateway, external or control"],
    ["paths: [{scope: control}]", `1:9: paths[0].target: is missing; ${targetText}`],
    ["paths: 3", "1:8: paths: expected a list, got 3"],
    ["paths: [x]", '1:9: paths[0]: expected a mapping of keys to values, got "x"'],
    ["- paths", "1:1: expected a mapping of keys to values, got a list"],
    [
      "paths: [{scope: gatway, target: a}]",
      '1:17: paths[0].scope: expected colocated, gateway, external or control, got "gatway"; did you mean "gateway"?',
    ],
    [
      "paths: [{scope: control, target: 10.0.0.300}]",
      `1:34: paths[0].target: ${targetText}, got "10.0.0.300"; an IPv4 address has four numbers from 0 to 255`,
    ],
    [
      "paths: [{scope: control, target: 'http://x'}]",
      `1:34: paths[0].target: ${targetText}, got "http://x"; a target is no URL: write its host only`,
    ],
    [
      "paths: [{scope: control, target: '10.0.0.1:80'}]",
      `1:34: paths[0].target: ${targetText}, got "10.0.0.1:80"; the port is a key of its own: write 10.0.0.1, and port: 80`,
    ],
    ["paths: [{scope: control, target: 5}]", `1:34: paths[0].target: ${targetText}, got 5`],
    [
      "paths: [{scope: control, target: '::1', ip_version: 4}]",
      "1:53: paths[0].ip_version: expected 6, the IP version of ::1, got 4; leave it out for addresses",
    ],
    [onePath("ip_version: 5"), "2:53: paths[0].ip_version: expected 4 or 6, got 5"],
    [onePath("protocols: [tcp]"), "2:5: paths[0].port: tcp needs the port to probe; add one, such as port: 443"],
    [onePath("port: 80"), "2:47: paths[0].port: icmp has no ports; leave it out"],
    [onePath("key_file: k"), "2:51: paths[0].key_file: only stamp is authenticated; leave it out"],
    [onePath("stamp_port: 9"), "2:53: paths[0].stamp_port: only stamp has a stamp_port; leave it out"],
    [
      onePath("source_ports: 4"),
      "2:55: paths[0].source_ports: only stamp has source ports to rotate over; leave it out",
    ],
    [onePath("source: fd00::1"), '2:49: paths[0].source: expected an IPv4 address, as the target\'s, got "fd00::1"'],
    [onePath("dscp: 64"), "2:47: paths[0].dscp: expected a code point from 0 to 63, got 64"],
    [onePath("ttl: 0"), "2:46: paths[0].ttl: expected a number of hops from 1 to 255, got 0"],
    [
      onePath("sizes: [64, gso]"),
      "2:53: paths[0].sizes[1]: the size gso needs the protocol stamp; add it, or leave gso out",
    ],
    [
      onePath("protocols: [stamp], sizes: [54]"),
      "2:69: paths[0].sizes[0]: plain stamp packets have 52 bytes, or 56 and more; write 56",
    ],
    [
      onePath("protocols: [stamp], key_file: k, sizes: [64]"),
      "2:82: paths[0].sizes[0]: authenticated stamp packets have 120 bytes, or 124 and more; write 120",
    ],
    [
      onePath("protocols: [icpm]"),
      '2:53: paths[0].protocols[0]: expected icmp, stamp or tcp, got "icpm"; did you mean "icmp"?',
    ],
    [
      onePath("protocols: []"),
      "2:52: paths[0].protocols: expected at least one protocol, such as [icmp], got an empty list",
    ],
    [
      onePath("protocols: [icmp, icmp]"),
      "2:59: paths[0].protocols[1]: the protocol icmp is in the list twice; remove one",
    ],
    [onePath("sizes: 64"), "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got 64"],
    [
      onePath("sizes: []"),
      "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got an empty list",
    ],
    [onePath("sizes: [27]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 27`],
    [onePath("sizes: [65508]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 65508`],
    [onePath("sizes: [64.5]"), `2:49: paths[0].sizes[0]: ${sizeText}, got 64.5`],
    [onePath("sizes: [mtv]"), `2:49: paths[0].sizes[0]: ${sizeText}, got "mtv"`],
    [onePath("sizes: [64, 64]"), "2:53: paths[0].sizes[1]: the size 64 is in the list twice; remove one"],
    [
      onePath("sizes: [30, 31, 32, 33, 34, 35, 36, 37, 38]"),
      "2:48: paths[0].sizes: expected a list of 1 to 8 sizes, such as [64, 1400, random], got a list",
    ],
    [onePath("rate: 0"), `2:47: paths[0].rate: ${rateText}, got 0`],
    [onePath("rate: -5"), `2:47: paths[0].rate: ${rateText}, got -5`],
    [onePath("rate: .inf"), `2:47: paths[0].rate: ${rateText}, got Infinity`],
    [onePath("rate: .nan"), `2:47: paths[0].rate: ${rateText}, got NaN`],
    [onePath("rate: fast"), `2:47: paths[0].rate: ${rateText}, got "fast"`],
    [onePath("rate: 100001"), `2:47: paths[0].rate: ${rateText}, got 100001`],
    [onePath("timeout: 1"), `2:50: paths[0].timeout: ${timeoutText}, got 1`],
    [onePath("timeout: 9ms"), `2:50: paths[0].timeout: ${timeoutText}, got "9ms"`],
    [onePath("timeout: 1m1ms"), `2:50: paths[0].timeout: ${timeoutText}, got "1m1ms"`],
    [onePath("timeout: soon"), `2:50: paths[0].timeout: ${timeoutText}, got "soon"`],
    [onePath("name: ''"), '2:47: paths[0].name: expected 1 to 128 characters without control characters, got ""'],
    [
      onePath('name: "a\\nb"'),
      '2:47: paths[0].name: expected 1 to 128 characters without control characters, got "a\\nb"',
    ],
    [
      onePath('name: "\\ud800"'),
      '2:47: paths[0].name: expected 1 to 128 characters without control characters, got "\\ud800"',
    ],
    [
      onePath(`name: ${"n".repeat(129)}`),
      `2:47: paths[0].name: expected 1 to 128 characters without control characters, got "${"n".repeat(57)}..."`,
    ],
    [
      "paths: [{name: 3, scope: control, target: a}]",
      "1:16: paths[0].name: expected 1 to 128 characters without control characters, got 3",
    ],
    [
      "path_files: ['*/a.json']",
      '1:14: path_files[0]: expected a file name such as paths/*.json, with * and ? in its last part only, got "*/a.json"',
    ],
    ["web: {listen: '10862'}", `1:15: web.listen: ${listenText}, got "10862"`],
    ["web: {listen: ':65536'}", `1:15: web.listen: ${listenText}, got ":65536"`],
    ["web: {enable_lifecycle: yes}", '1:25: web.enable_lifecycle: expected true or false, got "yes"'],
    ["collectors: {nix: false}", '1:14: collectors.nix: unknown key; did you mean "nic"?'],
    ["collectors: {nic: 3}", "1:19: collectors.nic: expected true, false, or settings such as {enabled: true}, got 3"],
    ["collectors: {cpu: {enable: true}}", '1:20: collectors.cpu.enable: unknown key; did you mean "enabled"?'],
    [
      "prober: {receive_buffer: 1}",
      "1:26: prober.receive_buffer: expected bytes from 4096 to 1073741824, such as 16777216, got 1",
    ],
    ["thresholds: {loss_ratio: 5}", "1:26: thresholds.loss_ratio: expected a ratio from 0 to 1 (1 % is 0.01), got 5"],
    ["thresholds: {los_ratio: 0.1}", '1:14: thresholds.los_ratio: unknown key; did you mean "loss_ratio"?'],
    [
      "log: {level: warning}",
      '1:14: log.level: expected debug, info, warn or error, got "warning"; did you mean "warn"?',
    ],
    ["log: {format: xml}", '1:15: log.format: expected auto, json or text, got "xml"'],
    ["log: {level: }", "1:14: log.level: expected debug, info, warn or error, got nothing"],
    ["log: {}\nlog: {}", "2:1: the key is in this mapping twice; remove one"],
    ["log: {}\n---\nlog: {}", "2:1: a second document begins here; expected one document a file"],
    ["log: *nowhere", "1:6: YAML syntax: Unresolved alias (the anchor must be set before the alias)"],
    ["log: !secret {}", "1:6: YAML syntax: Unresolved tag"],
    ["\tlog: {}", "1:1: YAML syntax: tabs do not indent; use spaces"],
    ["log: 'info", "1:11: YAML syntax: Missing closing 'quote"],
  ])("%j", async (text, message) => {
    expect(await errorsOf(text)).toEqual([message]);
  });
});

test("a file that is nested thousands deep is one error", async () => {
  expect(await errorsOf("[".repeat(50_000))).toEqual([
    expect.stringMatching(/^1:\d+: nested too deeply to be a configuration$/),
  ]);
});
