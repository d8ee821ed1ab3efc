import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { TargetState } from "../../../src/prober/paths.ts";
import { thisMachine } from "../../../src/prober/resolve/machine.ts";
import { createResolver, resolverTiming } from "../../../src/prober/resolve/resolver.ts";
import { builtModule, createNamespace, type Namespace } from "../../support/lab.ts";

const execute = promisify(execFile);

let ns: Namespace;

beforeEach(async () => {
  ns = await createNamespace("gw");
  await ns.sh("ip link set lo up && ip link add a0 type veth peer name b0 && ip link set a0 up && ip link set b0 up");
  await ns.sh("ip address add 10.77.0.2/24 dev a0");
});

afterEach(async () => {
  await ns.remove();
});

/** The routing tables of the namespace, as its kernel prints them. */
function machineInside() {
  return {
    ...thisMachine(),
    readText: async (path: string) => (await execute(...ns.command("cat", path))).stdout,
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isTrue(); i++) await sleep(25);
  expect(isTrue()).toBe(true);
}

const none =
  'this machine has no IPv4 default route with a gateway: see "ip route show default", or give the gateway\'s address';

test("the default gateway is followed as it comes, changes, is outbid and goes", async () => {
  const states: TargetState[] = [];
  const stop = new AbortController();
  const resolver = createResolver(machineInside(), {
    ...resolverTiming,
    poll: 0.1,
    retry: { first: 0.1, longest: 0.1 },
  });
  resolver.watchTarget("default-gateway", 4, (state) => states.push(state), stop.signal);
  await until(() => states.length === 1);
  await ns.sh("ip route add default via 10.77.0.1 metric 100");
  await until(() => states.length === 2);
  await ns.sh("ip route replace default via 10.77.0.254 metric 100");
  await until(() => states.length === 3);
  await ns.sh("ip route add default via 10.77.0.1 metric 50");
  await until(() => states.length === 4);
  await ns.sh("ip route del default metric 50; ip route del default metric 100");
  await until(() => states.length === 5);
  stop.abort();

  const gateway = (address: string) => ({ family: 4, address, zoneIndex: 0 });
  expect(states).toEqual([
    { status: "unresolved", error: none },
    { status: "resolved", address: gateway("10.77.0.1") },
    { status: "resolved", address: gateway("10.77.0.254") },
    { status: "resolved", address: gateway("10.77.0.1") },
    { status: "unresolved", address: gateway("10.77.0.1"), error: none },
  ]);
});

test("a link-local gateway has its interface as zone, and IPv6 is taken where IPv4 has no gateway", async () => {
  await ns.sh("ip -6 route add default via fe80::1 dev a0");
  const index = Number((await ns.sh("ip -o link show dev a0")).split(":")[0]);
  const program = `
    const { resolveOnce } = await import(process.argv[1]);
    console.log(JSON.stringify(await resolveOnce("default-gateway")));`;

  const { stdout } = await ns.run(
    process.execPath,
    "--input-type=module",
    "-e",
    program,
    builtModule("src/prober/resolve/once.js"),
  );

  expect(JSON.parse(stdout)).toEqual({ family: 6, address: "fe80::1", zoneIndex: index });
});

test("without IPv6 in the kernel there is no IPv6 gateway, and without both the error names both", async () => {
  const machine = {
    ...thisMachine(),
    readText: async () => {
      throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    },
  };

  await expect(createResolver(machine).resolveOnce("default-gateway")).rejects.toThrow(
    "this machine has no IPv4 or IPv6 default route with a gateway",
  );
});

test("a routing table that cannot be read or has other columns is a reason, not a crash", async () => {
  const refused = async () => {
    throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  };
  const resolve = (readText: () => Promise<string>) =>
    createResolver({ ...thisMachine(), readText }).resolveOnce("default-gateway", 4);

  await expect(resolve(refused)).rejects.toThrow("the routing table cannot be read: EACCES: permission denied");
  await expect(resolve(async () => "Iface Gateway\n")).rejects.toThrow("/proc/net/route: expected columns Iface,");
});
