import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boardQueries, boardViewer, drawBoards } from "../support/boards.ts";
import { createWire, inputRules, TARGET, type Wire } from "../support/lab.ts";
import { eventually } from "../support/servers.ts";
import { type ServingExporter, startExporter } from "../support/serving-exporter.ts";
import { startVcsim, type Vcsim } from "../support/vcsim.ts";
import { type PromAlert, type Prometheus, startPrometheus } from "../support/vm/prometheus.ts";
import { rulesWithShortWindows } from "../support/vm/short-windows.ts";

/** Its machines are in its networks by turns: the first one and the third in the first. */
const SHAPED_VM = "DC0_C0_H0_VM0";
const NETWORK = "DC0_DVPG0";
const OLD_VM = "DC0_C0_H0_VM2";
const AVERAGE_BITS = 100_000_000;
/** What only an NSX manager tells, and what is all well in the simulator: nothing drops, balloons, swaps or is down. */
const NOT_HERE =
  /nsx|segment|firewall|missing_privilege|server_failure|cpu_limited|drops:ratio|ballooned|host_swap|== 0\)|state!="connected"/;

const directory = mkdtempSync(join(tmpdir(), "virtloss-vmware-"));
const ends: (() => unknown)[] = [];
let wire: Wire;
let vcsim: Vcsim;
let vmware: ServingExporter;
let prometheus: Prometheus;

function writeConfig(name: string, settings: object): string {
  const file = join(directory, `${name}.yaml`);
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

/** For whoever wants to see what a page says. */
function print({ annotations }: PromAlert): void {
  process.stderr.write(`${annotations["summary"]}\n  ${annotations["description"]}\n`);
}

/** Besides the vCenter, in a network of its own: a guest that measures the path to its gateway, which loses. */
beforeAll(async () => {
  wire = await createWire();
  const { prober: guest, target: site } = wire;
  ends.push(() => wire.remove());
  await site.nft(inputRules("ip saddr 10.77.0.1 icmp type echo-request numgen inc mod 20 == 0 counter drop"));
  vcsim = await startVcsim({ hosts: 2, vms: 6, portgroups: 2, where: site });
  ends.push(() => vcsim.close());
  const { url, username, passwordFile, caFile } = vcsim;
  const vcenter = {
    name: "vc1",
    url,
    username,
    password_file: passwordFile,
    interval: "20s",
    tls: { ca_file: caFile },
  };
  vmware = await startExporter(site, ["--config", writeConfig("vmware", { paths: [], vcenters: [vcenter] })]);
  ends.push(() => vmware.stop());

  const told = await vmware.until("its machines", 30, (scrape) => scrape.value("virtloss_vcenter_machines") === 6);
  const uuid = new RegExp(`virtloss_vm_info\\{vm="${SHAPED_VM}",vm_uuid="([^"]+)"`).exec(told.text)?.[1];
  if (uuid === undefined) throw new Error(`no ${SHAPED_VM}:\n${told.text}`);
  const uuidFile = join(directory, "product_uuid");
  writeFileSync(uuidFile, `${uuid}\n`);
  const paths = [{ name: "gateway", target: TARGET, scope: "gateway", rate: 100 }];
  const guestFile = writeConfig("guest", { paths, collectors: { guest: { uuid_file: uuidFile } } });
  const measuring = await startExporter(guest, ["--config", guestFile, "--listen", "0.0.0.0:10862"]);
  ends.push(() => measuring.stop());
  prometheus = await startPrometheus(
    site,
    directory,
    [
      { instance: "vmware", address: "127.0.0.1:10862", seconds: 2 },
      { instance: "guest", address: "10.77.0.1:10862", seconds: 2 },
    ],
    rulesWithShortWindows(),
  );
  ends.push(() => prometheus.stop());
}, 120_000);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(directory, { recursive: true });
}, 60_000);

test("shaping that is set on a port group by the API is a limit, then a note, then the cause of a guest's loss", async () => {
  expect(await prometheus.query('virtloss_network_limit_bytes_per_second{source="portgroup"}')).toEqual([]);
  await vcsim.ask({
    do: "shape",
    network: NETWORK,
    in: { enabled: true, average: AVERAGE_BITS, peak: 2 * AVERAGE_BITS, burst: 100 * 2 ** 20 },
  });

  const limit = await vmware.until("the limit", 60, (scrape) => scrape.text.includes('source="portgroup"'));
  const ofNetwork = { source: "portgroup", network: NETWORK, vm: "", direction: "from_guest" };
  expect(limit.value("virtloss_network_limit_bytes_per_second", ofNetwork)).toBe(AVERAGE_BITS / 8);
  expect(limit.value("virtloss_network_limit_burst_bytes", ofNetwork)).toBe(100 * 2 ** 20);

  const alert = await prometheus.firing("VirtlossTrafficShaped", 120, /What exceeds a limit is dropped/);
  expect(alert.labels).toMatchObject({ reason: "policy", severity: "warning", vm: SHAPED_VM, network: NETWORK });
  expect(alert.annotations["description"]).toContain("from it 100 Mbit/s, peak 200 Mbit/s, burst 100MiB (port group)");
  expect(alert.annotations["description"]).toContain("gateway");
  expect(alert.annotations["description"]).toContain("temporary port group without limits");
  print(alert);
}, 240_000);

test("a machine with an e1000 adapter is named", async () => {
  await vcsim.ask({ do: "nic", vm: OLD_VM, type: "e1000" });

  const alert = await prometheus.firing("VirtlossNicEmulated", 120, /type VMXNET3/);

  expect(alert.labels).toMatchObject({ reason: "host", vm: OLD_VM, model: "e1000", host: "DC0_C0_H0" });
  print(alert);
}, 180_000);

test("each query of the board finds something", async () => {
  await vcsim.ask({ do: "nioc", on: true, limitMbps: 500 });
  await vcsim.ask({ do: "snapshot", vm: OLD_VM, name: "before" });
  await vcsim.ask({ do: "reconfigure", vm: OLD_VM, limitMHz: 1000 });
  await vcsim.ask({ do: "shape", network: NETWORK, security: { promiscuous: true } });
  const queries = [
    ...boardQueries("virtloss-vmware", { server: ".*", host: ".*" }, "60s"),
    ...boardQueries("virtloss-vm", { vm: SHAPED_VM }, "60s"),
  ].filter(({ board, expr }) => !NOT_HERE.test(expr) && (board === "virtloss-vmware" || expr.includes("vmware")));

  let empty: string[] = [];
  await eventually("data", 90, async () => {
    const answers = await Promise.all(queries.map(({ expr }) => prometheus.query(expr)));
    empty = queries.flatMap(({ board, title, expr }, i) => (answers[i]?.length ? [] : [`${board}, ${title}: ${expr}`]));
    return empty.length === 0 || undefined;
  }).catch(() => undefined);
  const drawn = boardViewer ? await drawBoards(wire.target, join(directory, "drawn"), ["virtloss-vmware"]) : [];

  expect(drawn.flatMap(({ faults }) => faults)).toEqual([]);
  expect(empty).toEqual([]);
  expect(queries.length).toBeGreaterThan(30);
}, 450_000);
