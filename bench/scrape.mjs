import { startExporter } from "./exporter.mjs";
import { targetAddress } from "./lab.mjs";
import { median, spread } from "./table.mjs";

const settings = [
  { count: 1 },
  { count: 100, milliseconds: 30 },
  { count: 1000, milliseconds: 100, blocked: 10, plain: 5.5e6, gzip: 600e3 },
];

/** Time and size of /metrics with collectors on and four sizes a path. */
export async function measureScrape({ program, quick }) {
  const rows = [];
  for (const { count, ...limits } of settings) {
    const paths = Array.from({ length: count }, (_, n) => ({ target: targetAddress(n + 1), rate: 10 }));
    const exporter = await startExporter(program, paths);
    const plain = [];
    const gzip = [];
    for (let scrape = 0; scrape < (quick ? 3 : 20); scrape++) {
      plain.push(await exporter.get("/metrics"));
      gzip.push(await exporter.get("/metrics", { "accept-encoding": "gzip" }));
    }
    const blocked = await longestBlock(exporter, quick ? 3 : 10);
    await exporter.stop();
    const label = `${count.toLocaleString("en")} path${count === 1 ? "" : "s"}`;
    const times = (scrapes) => scrapes.map(({ milliseconds }) => milliseconds);
    const size = (scrapes) => median(scrapes.map(({ body }) => body.length));
    const limit = (value, most, unit) =>
      most === undefined ? {} : { target: `under ${most} ${unit}`, met: value < most };
    rows.push(
      {
        what: `scrape, ${label}`,
        ours: `${spread(times(plain), "ms")}, gzip ${spread(times(gzip), "ms")}`,
        ...limit(median(times(plain)), limits.milliseconds, "ms"),
      },
      {
        what: `  event loop blocked, ${label}`,
        ours: `${spread(blocked, "ms")} at a time`,
        ...limit(median(blocked), limits.blocked, "ms"),
      },
      {
        what: `  size, ${label}`,
        ours: `${(size(plain) / 1e3).toFixed(0)} kB, gzip ${(size(gzip) / 1e3).toFixed(0)} kB`,
        ...(limits.plain && {
          target: `under ${limits.plain / 1e3} and ${limits.gzip / 1e3} kB`,
          met: size(plain) < limits.plain && size(gzip) < limits.gzip,
        }),
      },
    );
  }
  return rows;
}

/** The longest that a second client's request, one after the other, waits while a scrape is served. */
async function longestBlock(exporter, scrapes) {
  const longest = [];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    let scraping = true;
    let worst = 0;
    const served = exporter.get("/metrics").finally(() => {
      scraping = false;
    });
    while (scraping) worst = Math.max(worst, (await exporter.get("/-/healthy")).milliseconds);
    await served;
    longest.push(worst);
  }
  return longest;
}
