import type { RequestHandler, Response } from "express";
import { contentTypes, type ExpositionFormat, renderExposition } from "../../metrics/exposition.ts";
import type { ProbeEndpoint, ProbeReport } from "../../probe-endpoint/answer.ts";
import { negotiateFormat } from "../negotiate.ts";
import { sendLine } from "../outcome.ts";
import { renderHistory, renderRun } from "./history-page.ts";

/** Seconds after which somebody who was told to come again may find room. */
const RETRY_SECONDS = "1";

/** GET /probe: one run, as metrics or as a transcript. Whoever goes away ends it. */
export function probeRoute(probes: ProbeEndpoint): RequestHandler {
  return async (req, res) => {
    // A browser would send packets for any site that shows an image from here.
    if (req.headers["sec-fetch-site"] === "cross-site") {
      sendLine(res, 403, "probing from another web site is refused");
      return;
    }
    const gone = new AbortController();
    res.once("close", () => gone.abort());
    const answer = await probes.answer({
      url: req.url,
      scrapeTimeout: req.get("X-Prometheus-Scrape-Timeout-Seconds"),
      signal: gone.signal,
    });
    if (res.destroyed) return;
    if (answer.status === 429) res.set("Retry-After", RETRY_SECONDS);
    if (answer.status !== 200) sendLine(res, answer.status, answer.message);
    else if (answer.transcript === undefined) await sendMetrics(res, answer, negotiateFormat(req.headers.accept));
    else res.type("text/plain").send(`${answer.transcript}\n${await exposition(answer, "text")}`);
  };
}

async function sendMetrics(res: Response, report: ProbeReport, format: ExpositionFormat): Promise<void> {
  const text = await exposition(report, format);
  res.vary("Accept").set("Content-Type", contentTypes[format]).send(Buffer.from(text));
}

async function exposition({ families }: ProbeReport, format: ExpositionFormat): Promise<string> {
  let text = "";
  for await (const piece of renderExposition(families, format)) text += piece;
  return text;
}

/** GET /probe/history, and one run of it with ?id=N. */
export function probeHistoryRoute(probes: ProbeEndpoint): RequestHandler {
  return (req, res) => {
    const history = probes.history();
    if (!history) {
      sendLine(res, 404, "/probe is off, and so is its history");
      return;
    }
    const id = new URLSearchParams(req.url.split("?")[1]).get("id");
    if (id === null) {
      res.type("html").send(renderHistory(history));
      return;
    }
    const entry = history.find((one) => String(one.id) === id);
    if (entry) res.type("html").send(renderRun(entry));
    else sendLine(res, 404, "no such run: it never was, or others have taken its place");
  };
}
