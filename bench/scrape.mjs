import { startExporter } from "./exporter.mjs";
import { targetAddresses } from "./lab.mjs";
import { median } from "./statistics.mjs";
import { count, spread, verdict } from "./table.mjs";

const RATE = 10;

/** Milliseconds and bytes. */
const loads = [
  { targets: 1, limits: {} },
  { targets: 100, limits: { plain: 30 } },
  { targets: 1000, limits: { plain: 100, blocked: 10, bytes: 5.5e6, gzipBytes: 600e3 } },
];

/**
 * @typedef {object} ScrapeResult
 * @property {number} targets
 * @property {number[]} plain milliseconds of each scrape
 * @property {number[]} gzip
 * @property {number[]} blocked longest wait of another client meanwhile
 * @property {number} bytes of the answer
 * @property {number} gzipBytes
 * @property {{ plain: number[], bytes: number } | null} smokeping
 */

/** Time and size of /metrics with collectors on and four sizes a path. @returns {Promise<{ loads: ScrapeResult[] }>} */
export async function measureScrape({ program, probers, quick, progress }) {
  const results = [];
  for (const { targets } of loads) {
    progress(count(targets, "target"));
    const addresses = targetAddresses(targets);
    const exporter = await startExporter(
      program,
      addresses.map((target) => ({ target, rate: RATE })),
    );
    const plain = [];
    const gzip = [];
    for (let scrape = 0; scrape < (quick ? 3 : 20); scrape++) {
      plain.push(await exporter.scrape());
      gzip.push(await exporter.scrape({ "accept-encoding": "gzip" }));
    }
    const blocked = await longestWaits(exporter, quick ? 3 : 10);
    await exporter.stop();
    results.push({
      targets,
      plain: times(plain),
      gzip: times(gzip),
      blocked,
      bytes: size(plain),
      gzipBytes: size(gzip),
      smokeping: probers.smokeping ? await scrapePeer(probers.smokeping, addresses, quick) : null,
    });
  }
  return { loads: results };
}

async function scrapePeer(prober, addresses, quick) {
  const running = await prober.start(addresses, RATE, 0);
  const plain = [];
  for (let scrape = 0; scrape < (quick ? 3 : 20); scrape++) plain.push(await running.scrape());
  await running.stop();
  return { plain: times(plain), bytes: size(plain) };
}

const times = (scrapes) => scrapes.map(({ milliseconds }) => milliseconds);
const size = (scrapes) => median(scrapes.map(({ body }) => body.length));

/** The longest that a second client's request, one after the other, waits while a scrape is served. */
async function longestWaits(exporter, scrapes) {
  const longest = [];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    let scraping = true;
    let worst = 0;
    const served = exporter.scrape().finally(() => {
      scraping = false;
    });
    while (scraping) worst = Math.max(worst, (await exporter.get("/-/healthy")).milliseconds);
    await served;
    longest.push(worst);
  }
  return longest;
}

/** @param {{ loads: ScrapeResult[] }} result */
export function scrapeTable(result) {
  const rows = result.loads.flatMap((measured) => {
    const limits = loads.find(({ targets }) => targets === measured.targets)?.limits ?? {};
    const { plain, gzip, blocked, bytes, gzipBytes, smokeping } = measured;
    const limit = (value, most, text = String) =>
      most === undefined ? ["", ""] : [`under ${text(most)}`, verdict(value < most)];
    const peer = smokeping ?? { plain: [], bytes: 0 };
    const kilobytes = (value) => count(Math.round(value / 1e3));
    return [
      [
        count(measured.targets, "path"),
        "whole scrape, ms",
        spread(plain),
        smokeping ? spread(peer.plain) : "not installed",
        ...limit(median(plain), limits.plain),
      ],
      ["", "with gzip, ms", spread(gzip), "", "", ""],
      ["", "event loop blocked, ms", spread(blocked), "", ...limit(median(blocked), limits.blocked)],
      [
        "",
        "size, kB",
        kilobytes(bytes),
        smokeping ? kilobytes(peer.bytes) : "",
        ...limit(bytes, limits.bytes, kilobytes),
      ],
      ["", "size with gzip, kB", kilobytes(gzipBytes), "", ...limit(gzipBytes, limits.gzipBytes, kilobytes)],
    ];
  });
  return {
    title: "Scrape: GET /metrics on a kept-alive connection, collectors on, four sizes a path",
    columns: ["", "", "virtloss", "smokeping_prober", "target", ""],
    rows,
  };
}
