import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boardQueries, boardViewer, drawBoards } from "../support/boards.ts";
import { createWire, inputRules, TARGET, type Wire } from "../support/lab.ts";
import { freeze } from "../support/probing.ts";
import { type Reflecting, startReflect } from "../support/reflecting.ts";
import { EXPORTER, eventually, root, type Servers, startServers } from "../support/servers.ts";

/** Of the target too; nothing that is sent there is answered. */
const DARK = "10.77.0.3";
const REFUSED_PORT = 9;

/** Whatever a path can tell is told by one of them. */
const config = `
paths:
  - {name: db, scope: colocated, target: ${TARGET}, rate: 400}
  - {name: nowhere, scope: external, target: 203.0.113.1, rate: 10}
  - {name: loopback, scope: control, target: 127.0.0.1, rate: 40}
  - {name: there, scope: gateway, target: ${TARGET}, protocols: [stamp], rate: 20, df: true}
  - {name: dark, scope: external, target: ${DARK}, rate: 10}
  - {name: refused, scope: external, target: ${TARGET}, protocols: [tcp], port: ${REFUSED_PORT}, rate: 5}
`;

/** Those of hosts and of machines have their data in alone/vm.test.ts. */
const boards = ["virtloss-guest", "virtloss-path"];

let wire: Wire;
let servers: Servers;
let reflector: Reflecting;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-e2e-"));
  wire = await createWire();
  await wire.target.nft(inputRules(`icmp type echo-request numgen random mod 100 < 5 counter drop comment "fault"`));
  await wire.target.sh(`ip address add ${DARK}/24 dev v1`);
  await wire.target.nft(
    inputRules(`ip daddr ${DARK} drop`, `tcp dport ${REFUSED_PORT} reject with icmp admin-prohibited`).replace(
      "inet lab",
      "inet always",
    ),
  );
  reflector = await startReflect(wire.target, ["--allow", "10.77.0.0/24"]);
  servers = await startServers(wire.prober, directory, config);
}, 60_000);

afterAll(async () => {
  await servers.stop();
  await reflector.stop();
  await wire.remove();
  rmSync(directory, { recursive: true });
}, 30_000);

test("a path that loses 5 % pages: the text names path, loss and bounds", async () => {
  const page = await eventually("a page for the path db", 120, () =>
    servers.notifications
      .filter(({ to }) => to === "/pager")
      .flatMap(({ alerts }) => alerts)
      .find(
        ({ labels }) =>
          labels["alertname"] === "VirtlossPathLoss" && labels["severity"] === "critical" && labels["path"] === "db",
      ),
  );

  expect(page.labels).toMatchObject({ path: "db", scope: "colocated", protocol: "icmp", instance: "127.0.0.1:10862" });
  expect(page.annotations["summary"]).toMatch(
    /^Path db \(colocated, icmp\) loses packets, measured by 127\.0\.0\.1:10862$/,
  );
  const [, ratio, packets, lower, upper] =
    /^Last 5 min: ([\d.]+)% of (\d+) packets lost \(95% bounds ([\d.]+)% to ([\d.]+)%\)/.exec(
      page.annotations["description"] ?? "",
    ) ?? [];
  expect(Number(packets)).toBeGreaterThanOrEqual(300);
  expect(Number(lower)).toBeLessThan(Number(ratio));
  expect(Number(upper)).toBeGreaterThan(Number(ratio));
  // Five in a hundred, of at least 300 packets: 95 % of such samples lie well within 1 to 10 %.
  expect(Number(ratio)).toBeGreaterThan(1);
  expect(Number(ratio)).toBeLessThan(10);
  process.stderr.write(`delivered page:\n  ${page.annotations["summary"]}\n  ${page.annotations["description"]}\n`);
}, 150_000);

test("the page's runbook opens on the exporter that it names", async () => {
  const rules = readFileSync(join(root, "alerts/virtloss.rules.yaml"), "utf8");
  const alerts = new Set([...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name ?? ""));

  for (const alert of alerts) {
    expect([alert, await servers.get(`${EXPORTER}/runbooks/${alert}`, "-f")]).toEqual([
      alert,
      expect.stringContaining(`# ${alert}`),
    ]);
  }
});

test("what Prometheus counts as lost is what nftables dropped, and the books balance in one scrape", async () => {
  await wire.target.sh("nft insert rule inet lab input accept");
  const dropped = await wire.target.counted("fault");

  const lost = () => servers.query('sum(virtloss_probe_lost_packets_total{path="db"})');
  await eventually(`${dropped} lost packets`, 15, async () =>
    (await lost())[0]?.value[1] === String(dropped) ? true : undefined,
  );

  const [balance] = await servers.query(`
    sum without (size) (virtloss_probe_packets_total{path="db"})
    + (sum without (reason) (virtloss_probe_void_packets_total) or virtloss_probe_in_flight_packets * 0)
    + virtloss_probe_in_flight_packets - virtloss_probe_sent_packets_total`);
  expect(balance?.value[1]).toBe("0");
  expect(dropped).toBeGreaterThan(20);
}, 60_000);

test("every query of the boards of paths and guests has data in this Prometheus", async () => {
  const all = { instance: ".*", path: ".*", scope: ".*" };
  const queries = boards.flatMap((board) => boardQueries(board, all, "10s"));
  const askAll = async () => {
    const empty: string[] = [];
    for (const { board, title, expr } of queries) {
      const result = await servers.query(expr);
      if (result.length === 0) empty.push(`${board}, ${title}: ${expr}`);
    }
    return empty;
  };
  // The rules over an hour are evaluated once a minute.
  await eventually("the recording rules over an hour", 90, async () =>
    (await servers.query("path:virtloss_loss:ratio_rate1h"))[0] ? true : undefined,
  );
  // A dark path takes another identifier after ten seconds; a rate needs two scrapes of that.
  await eventually("the rotation of a dark path", 60, async () =>
    (await servers.query("rate(virtloss_probe_rotations_total[10s])"))[0] ? true : undefined,
  );
  // An overloaded machine takes its time to say what it is.
  await eventually("the facts of the machine", 60, async () =>
    (await servers.query("virtloss_guest_info"))[0] ? true : undefined,
  );
  // A quiet machine has no stalls, and the board shows those of the last seconds only.
  await freeze(servers.exporter, 300);
  await eventually("a stall", 20, async () =>
    (await servers.query("rate(virtloss_prober_stalled_seconds_total[10s]) > 0"))[0] ? true : undefined,
  );

  expect(await askAll()).toEqual([]);
}, 240_000);

test("a path without a route is shown as failed, with its reason, while the others go on", async () => {
  const failed = await servers.query("virtloss_probe_path_failed");

  expect(failed.map(({ metric }) => [metric["path"], metric["reason"]])).toEqual([["nowhere", "send_refused"]]);
});

if (boardViewer) {
  test("Grafana's own components draw every panel of these boards", async () => {
    const drawn = await drawBoards(wire.prober, join(directory, "drawn"), boards);

    expect(drawn).toEqual(boards.map(() => ({ faults: [], empty: [], noData: 0 })));
  }, 450_000);
}
