import { readFileSync } from "node:fs";
import { bridge } from "../../../src/collectors/bridge/index.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import type { AnySample } from "../../../src/metrics/define.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { attribute, concat, text, u32, u64 } from "../../support/netlink-bytes.ts";

const kvmHost = createFixtureHost("linux-6.1-host");

/** What `ip -s -d -j link` printed at the same moment. */
interface Printed {
  readonly ifname: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_slave_data?: { readonly state: string } };
  readonly stats64: Record<"rx" | "tx", { readonly packets: number; readonly dropped: number }>;
}

const printed = JSON.parse(
  readFileSync(new URL("../../fixtures/linux-6.1-host/tool/ip-link.json", import.meta.url), "utf8"),
) as Printed[];

async function collect(host: Host = kvmHost): Promise<readonly AnySample[]> {
  return (await collectOnce(bridge, host, {})).samples;
}

function valuesOf(samples: readonly AnySample[], name: string): Record<string, number> {
  const found = samples.filter((s) => s.metric.name === `virtloss_bridge_${name}`);
  return Object.fromEntries(found.map((s) => [Object.values(s.labels).join(" "), "value" in s ? s.value : Number.NaN]));
}

test("packets and drops of the bridge and of its ports that are no taps are those that ip printed", async () => {
  const samples = await collect();

  const shown = printed.filter(({ ifname }) => /^(br0|eth0|h\d)$/.test(ifname));
  const table = (column: "packets" | "dropped") =>
    Object.fromEntries(
      shown.flatMap(({ ifname, stats64: { rx, tx } }) => [
        [`br0 ${ifname} receive`, rx[column]],
        [`br0 ${ifname} transmit`, tx[column]],
      ]),
    );
  expect(shown).toHaveLength(5);
  expect(valuesOf(samples, "port_packets_total")).toEqual(table("packets"));
  expect(valuesOf(samples, "port_drops_total")).toEqual(table("dropped"));
});

test("ports are counted by the states that ip printed", async () => {
  const states = printed.flatMap(({ linkinfo }) => linkinfo?.info_slave_data?.state ?? []);

  const ours = valuesOf(await collect(), "ports");

  expect(states).toHaveLength(8);
  for (const state of ["disabled", "listening", "learning", "forwarding", "blocking"]) {
    expect([state, ours[`br0 ${state}`]]).toEqual([state, states.filter((other) => other === state).length]);
  }
  expect(Object.keys(ours)).toHaveLength(5);
});

test("a port that was disabled while its guest is there is told; taps that nobody has open are not", async () => {
  expect(valuesOf(await collect(), "port_blocked")).toEqual({ "br0 h2 disabled": 1 });
});

test("settings are told in words", async () => {
  expect(valuesOf(await collect(), "info")).toEqual({ "br0 on off": 1 });
});

test("a machine without a bridge has no such source", async () => {
  const none: Host = { ...kvmHost, netlink: async () => [] };

  await expect(collect(none)).rejects.toThrow(SourceAbsentError);
});

test("a kernel that tells neither settings nor states gives what it has", async () => {
  const link = (index: number, ...attributes: Uint8Array[]) => ({
    type: 16,
    payload: concat(u32(0, index, 0x10001, 0), ...attributes),
  });
  const old: Host = {
    ...kvmHost,
    netlink: async () => [
      link(3, attribute(3, text("br0")), attribute(18, attribute(1, text("bridge")))),
      link(4, attribute(3, text("eth0")), attribute(10, u32(3)), attribute(23, u64(7n, 8n, 0n, 0n, 0n, 0n, 1n, 2n))),
    ],
  };

  const samples = await collect(old);

  expect(valuesOf(samples, "info")).toEqual({ "br0  ": 1 });
  expect(valuesOf(samples, "ports")["br0 unknown"]).toBe(1);
  expect(valuesOf(samples, "port_blocked")).toEqual({});
  expect(valuesOf(samples, "port_drops_total")).toEqual({ "br0 eth0 receive": 1, "br0 eth0 transmit": 2 });
});
