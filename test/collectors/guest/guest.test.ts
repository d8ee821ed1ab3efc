import { guest, readVmIdentity } from "../../../src/collectors/guest/index.ts";
import { guestOptions } from "../../../src/collectors/guest/options.ts";
import { parseUuid } from "../../../src/collectors/guest/parse.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

const UUID = "4c4c4544-0042-3510-8058-b4c04f4d3231";

function hostWhere(readText: Host["readText"], hypervisor = "kvm"): Host {
  return {
    ...createFixtureHost("linux-6.18-virtio"),
    readText,
    machine: () => ({ virtual: hypervisor !== "", hypervisor }),
  };
}

async function refuse(path: string): Promise<string> {
  throw new NotPermittedError(`${path}: EACCES`);
}

async function collect(host: Host, options = guestOptions.parse({})) {
  const { samples, notes } = await collectOnce(guest, host, options);
  return { labels: samples.map((s) => s.labels), notes };
}

test("a guest tells its DMI UUID in lower case, and its hypervisor", async () => {
  const host = hostWhere(async () => `${UUID.toUpperCase()}\n`);

  expect(await collect(host)).toEqual({ labels: [{ vm_uuid: UUID, hypervisor: "kvm" }], notes: [] });
});

test("without permission the hypervisor remains, and a note says what would mend it", async () => {
  expect(await collect(hostWhere(refuse))).toEqual({
    labels: [{ vm_uuid: "", hypervisor: "kvm" }],
    notes: ["only root may read /sys/class/dmi/id/product_uuid: give a copy of it as uuid_file"],
  });
});

test("a uuid_file takes the place of DMI", async () => {
  const host = hostWhere(async (path) => (path === "/run/credentials/uuid" ? UUID : refuse(path)));

  const { labels } = await collect(host, guestOptions.parse({ uuid_file: "/run/credentials/uuid" }));

  expect(labels).toEqual([{ vm_uuid: UUID, hypervisor: "kvm" }]);
});

test("a uuid_file that cannot be read is an error, not a gap", async () => {
  const options = guestOptions.parse({ uuid_file: "/run/credentials/uuid" });

  await expect(collect(hostWhere(refuse), options)).rejects.toThrow("/run/credentials/uuid: EACCES");
});

test("a machine that has neither UUID nor hypervisor has no such source", async () => {
  const host = hostWhere(async (path) => Promise.reject(new SourceAbsentError(path)), "");

  await expect(collect(host)).rejects.toThrow(SourceAbsentError);
  await expect(readVmIdentity(host, {})).resolves.toEqual({
    vmUuid: "",
    detail: "this machine has no /sys/class/dmi/id/product_uuid",
  });
});

test.each(["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"])(
  "%s is what firmware leaves when nobody set one",
  (text) => {
    expect(parseUuid("f", text)).toBe("");
  },
);

test.each(["", "Not Settable", `${UUID}0`, "4c4c4544004235108058b4c04f4d3231"])("%j is no UUID", (text) => {
  expect(() => parseUuid("/etc/uuid", text)).toThrow(
    `/etc/uuid: expected a UUID such as 4c4c4544-0042-3510-8058-b4c04f4d3231, got "${text}"`,
  );
});

test("uuid_file is an absolute path", () => {
  expect(() => guestOptions.parse({ uuid_file: "uuid" })).toThrow("expected an absolute path");
});
