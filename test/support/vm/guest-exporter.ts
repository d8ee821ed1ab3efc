import type { Namespace } from "../lab.ts";
import { eventually } from "../servers.ts";
import { readScrape, type Scrape } from "../serving-exporter.ts";
import { GUEST_E1000 } from "./hypervisor.ts";
import type { Machine } from "./machine.ts";

/** Asked through the e1000 NIC, which stays open when the other one is crowded. */
export const GUEST_EXPORTER = `${GUEST_E1000}:10862`;

/** What the exporter inside the guest says. @throws Error where it does not answer */
export async function scrapeGuest(host: Namespace): Promise<Scrape> {
  const { code, stdout, stderr } = await host.run("curl", "-sSf", "-m", "10", `http://${GUEST_EXPORTER}/metrics`);
  if (code !== 0) throw new Error(`the exporter in the guest: ${stderr}`);
  return readScrape(stdout);
}

/** Scrapes until `holds` does: a collector that meets its deadline on a quiet machine may miss it on a busy one. */
export function untilGuest(what: string, host: Namespace, holds: (scrape: Scrape) => boolean): Promise<Scrape> {
  return eventually(what, 30, async () => {
    const scrape = await scrapeGuest(host);
    return holds(scrape) ? scrape : undefined;
  });
}

/** Waits for its first answer: Node.js takes its time on an emulated CPU. @throws Error with what it logged */
export async function firstScrapeOfGuest(host: Namespace, { inGuest }: Machine): Promise<Scrape> {
  try {
    return await eventually("an answer of the exporter in the guest", 90, () => scrapeGuest(host));
  } catch (error) {
    throw new Error(`${String(error)}\n${await inGuest("cat /tmp/virtloss.log")}`);
  }
}
