import { setTimeout as sleep } from "node:timers/promises";
import { createNamespace, type Namespace } from "../support/lab.ts";
import { type Orders, RESPONDER, RESPONDER6, type Responder, startResponder } from "../support/responder.ts";
import { expectScrapeToBalance, type Scrape, startExporter } from "../support/serving-exporter.ts";

const ANSWERED = 1000;

let namespace: Namespace;
let responder: Responder;
beforeEach(async () => {
  namespace = await createNamespace("tun");
});
afterEach(async () => {
  await responder.end();
  await namespace.remove();
});

/**
 * An exporter's counters once the responder answered a thousand requests in its way, and none after them: what came in
 * answer to these is all that ever came.
 */
async function countersAfter(
  orders: Orders,
  counter: string,
  { timeout = "1s", target = RESPONDER } = {},
): Promise<Scrape> {
  responder = await startResponder(namespace, { ...orders, limit: ANSWERED });
  const path = `{name: tun, scope: external, target: "${target}", rate: 1000, sizes: [64, random], timeout: ${timeout}}`;
  await namespace.sh(`printf 'paths: [%s]\n' '${path}' > /tmp/${namespace.name}.yaml`);
  const exporter = await startExporter(namespace, ["--config", `/tmp/${namespace.name}.yaml`]);

  await exporter.until(`a thousand of ${counter}`, 10, (s) => s.sum(`virtloss_probe_${counter}_total`) >= ANSWERED);
  await sleep(300);
  const scrape = await exporter.scrape();

  await exporter.stop();
  await namespace.sh(`rm /tmp/${namespace.name}.yaml`);
  expectScrapeToBalance(scrape, "tun");
  return scrape;
}

function repliesOf(scrape: Scrape): Record<string, number> {
  const names = ["received", "duplicate", "late", "reordered"];
  return Object.fromEntries(names.map((name) => [name, scrape.sum(`virtloss_probe_${name}_packets_total`)]));
}

const rejected = (scrape: Scrape) => ({
  malformed: scrape.value("virtloss_prober_rejected_packets_total", { reason: "malformed" }),
  foreign: scrape.value("virtloss_prober_rejected_packets_total", { reason: "foreign" }),
});

describe("beside each reply eight near misses: cut twice, lengthened, of another code, with other marks, from a stranger", () => {
  // All carry our identifier, so that the sockets let them pass, but for the one cut to 6 bytes: the kernel hands on no
  // ICMP packet without a whole header, unless to a raw IPv6 socket.
  test.each([
    ["raw", "IPv4", RESPONDER, 0],
    ["datagram", "IPv4", RESPONDER, 0],
    ["raw", "IPv6", RESPONDER6, ANSWERED],
    ["datagram", "IPv6", RESPONDER6, 0],
  ])(
    "a %s socket counts none of them over %s, and the exporter tells how many it saw",
    async (kind, _, target, malformed) => {
      if (kind === "datagram") await namespace.sh('sysctl -qw net.ipv4.ping_group_range="0 2147483647"');

      const scrape = await countersAfter({ garbage: true }, "received_packets", { target });

      expect(repliesOf(scrape)).toEqual({ received: ANSWERED, duplicate: 0, late: 0, reordered: 0 });
      expect(rejected(scrape)).toEqual({ malformed, foreign: 7 * ANSWERED });
    },
  );
});

test("a reply that comes three times is received once, and a duplicate twice", async () => {
  const scrape = await countersAfter({ copies: 3 }, "received_packets");

  expect(repliesOf(scrape)).toEqual({ received: ANSWERED, duplicate: 2 * ANSWERED, late: 0, reordered: 0 });
  expect(rejected(scrape)).toEqual({ malformed: 0, foreign: 0 });
});

test("replies that change places in pairs are all received, half of them reordered", async () => {
  const scrape = await countersAfter({ swap: true }, "received_packets");

  expect(repliesOf(scrape)).toEqual({ received: ANSWERED, duplicate: 0, late: 0, reordered: ANSWERED / 2 });
});

test("replies after the timeout are lost, and late", async () => {
  const scrape = await countersAfter({ delayMs: 300 }, "late_packets", { timeout: "200ms" });

  expect(repliesOf(scrape)).toEqual({ received: 0, duplicate: 0, late: ANSWERED, reordered: 0 });
  expect(scrape.sum("virtloss_probe_lost_packets_total")).toBeGreaterThanOrEqual(ANSWERED);
  expect(scrape.sum("virtloss_probe_void_packets_total")).toBe(0);
  expect(scrape.sum("virtloss_probe_rtt_seconds_count")).toBe(0);
});
