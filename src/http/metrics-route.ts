import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import type { RequestHandler } from "express";
import type { ExpositionFormat } from "../metrics/exposition.ts";
import { negotiateFormat } from "./negotiate.ts";
import type { HttpLog } from "./outcome.ts";
import { sendLine } from "./outcome.ts";
import { singleFlight } from "./single-flight.ts";

export interface Exposition {
  /** The exposition in pieces. */
  render(format: ExpositionFormat): AsyncIterable<string>;
  readonly contentType: Readonly<Record<ExpositionFormat, string>>;
}

/** Scrapes that may wait for one render. More is a flood or a mistake, and each holds a socket and its buffers. */
const MAX_WAITING = 64;

async function gathered(pieces: AsyncIterable<string | Buffer>): Promise<Buffer> {
  const buffers: Buffer[] = [];
  for await (const piece of pieces) buffers.push(Buffer.from(piece));
  return Buffer.concat(buffers);
}

/** Compressed as it is rendered, so that the plain text, twenty times the size, never exists as a whole. */
function compressed(pieces: AsyncIterable<string>): Promise<Buffer> {
  // The fastest level: the next ones save a tenth of the bytes for twice the time.
  return pipeline(pieces, createGzip({ level: constants.Z_BEST_SPEED }), gathered);
}

/**
 * GET /metrics. Scrapes at the same moment share one render and one compressed body, so that forty of them cost about as
 * much as one. A render that fails is told as one line: a half exposition would look like series that vanished.
 */
export function metricsRoute(exposition: Exposition, log: HttpLog): RequestHandler {
  const plain = singleFlight((format: ExpositionFormat) => gathered(exposition.render(format)));
  const zipped = singleFlight((format: ExpositionFormat) => compressed(exposition.render(format)));
  let waiting = 0;

  return async (req, res) => {
    if (waiting >= MAX_WAITING) {
      res.set("Retry-After", "1");
      sendLine(res, 503, `${MAX_WAITING} scrapes are waiting already: scrape less often, or from fewer places`);
      return;
    }
    const format = negotiateFormat(req.headers.accept);
    const zip = req.acceptsEncodings("gzip", "identity") === "gzip";
    waiting += 1;
    try {
      const body = await (zip ? zipped : plain)(format);
      res.vary("Accept").vary("Accept-Encoding");
      if (zip) res.set("Content-Encoding", "gzip");
      res.set("Content-Type", exposition.contentType[format]).send(body);
    } catch (err) {
      log.error({ err }, "metrics cannot be rendered");
      sendLine(res, 500, "the metrics cannot be rendered: the log of this exporter says why");
    } finally {
      waiting -= 1;
    }
  };
}
