import { libvirtOptions } from "../../../src/collectors/libvirt/options.ts";
import { socketsOf } from "../../../src/collectors/libvirt/sockets.ts";
import { type LibvirtTarget, parseLibvirtUri } from "../../../src/collectors/libvirt/uri.ts";
import { ConfigError } from "../../../src/config/issues.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { memoryFiles } from "../../config/memory-files.ts";
import { silentHost } from "./reading-fake.ts";

test.each([
  ["qemu:///system", { driver: "qemu:///system", socket: undefined }],
  ["qemu:///session", { driver: "qemu:///session", socket: undefined }],
  ["qemu+unix:///system?socket=/opt/sock", { driver: "qemu:///system", socket: "/opt/sock" }],
  ["qemu:///session?socket=/opt/my sock", { driver: "qemu:///session", socket: "/opt/my sock" }],
])("%s leads to this machine", (uri, target) => {
  expect(parseLibvirtUri(uri)).toEqual(target);
});

test.each(["", "qemu", "qemu://host/system", "qemu+ssh://root@host/system", "lxc:///", "qemu:///system?socket=sock"])(
  "%s does not, and is refused with what does",
  (uri) => {
    expect(parseLibvirtUri(uri)).toBeUndefined();
    expect(() => libvirtOptions.parse({ uri })).toThrow("expected qemu:///system, qemu:///session or");
  },
);

const withEnvironment = (environment: string) => ({ ...silentHost, readText: async () => environment });

test.each<[string, string, Partial<LibvirtTarget>, readonly string[]]>([
  ["the system's", "", {}, ["/run/libvirt/virtqemud-sock-ro", "/run/libvirt/libvirt-sock-ro"]],
  ["one that was given", "", { socket: "/opt/sock" }, ["/opt/sock"]],
  [
    "a user's",
    "HOME=/home/u\0XDG_RUNTIME_DIR=/run/user/7\0",
    { driver: "qemu:///session" },
    ["/run/user/7/libvirt/virtqemud-sock", "/run/user/7/libvirt/libvirt-sock"],
  ],
  [
    "a user's without a session",
    "HOME=/home/u\0",
    { driver: "qemu:///session" },
    ["/home/u/.cache/libvirt/virtqemud-sock", "/home/u/.cache/libvirt/libvirt-sock"],
  ],
])("sockets: %s", async (_, environment, target, expected) => {
  const whole: LibvirtTarget = { driver: "qemu:///system", socket: undefined, ...target };

  expect(await socketsOf(withEnvironment(environment), whole)).toEqual(expected);
});

const load = (text: string) => loadConfig("/c.yaml", undefined, memoryFiles({ "/c.yaml": text }));

test("libvirt has a key of its own, and can be turned off among the collectors", async () => {
  const collector = async (text: string) => (await load(text)).collectors["libvirt"];

  expect(await collector("{}")).toEqual({ enabled: true, options: { uri: "qemu:///system" } });
  expect(await collector("libvirt: {uri: qemu:///session}")).toEqual({
    enabled: true,
    options: { uri: "qemu:///session" },
  });
  expect(await collector("libvirt: {uri: qemu:///session}\ncollectors: {libvirt: false}")).toEqual({
    enabled: false,
    options: { uri: "qemu:///session" },
  });
  expect(await collector("collectors: {libvirt: {enabled: false}}")).toMatchObject({ enabled: false });
});

test("a URI in the wrong place, and a wrong one, are told with their lines", async () => {
  const problems = await load(
    "collectors: {libvirt: {uri: qemu:///session}}\nlibvirt: {uri: qemu+ssh://host/system}\n",
  ).catch((error) => error);

  expect(problems).toBeInstanceOf(ConfigError);
  expect(problems.message).toContain("/c.yaml:1:24: collectors.libvirt.uri: unknown key");
  expect(problems.message).toMatch(/\/c\.yaml:2:16: libvirt\.uri: expected qemu:\/\/\/system,.*got "?qemu\+ssh/);
});
