import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as immediate } from "node:timers/promises";
import { constants, createGzip } from "node:zlib";
import type { RequestHandler, Response } from "express";
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

/** A whole body in pieces, which all who wait for it share; joining them would take its size once more. */
type Body = readonly Buffer[];

/** Scrapes that may wait for one render. More is a flood or a mistake, and each holds a socket and its buffers. */
const MAX_WAITING = 64;
/** Of compressed text; larger than most answers, so that they are one piece. */
const GZIP_PIECE_BYTES = 64 * 1024;

async function gathered(pieces: AsyncIterable<string | Buffer>): Promise<Body> {
  const buffers: Buffer[] = [];
  for await (const piece of pieces) buffers.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  return buffers;
}

/** Compressed as it is rendered, on a thread of Node's pool: the plain text, twenty times the size, never exists as a whole. */
function compressed(pieces: AsyncIterable<string>): Promise<Body> {
  // The fastest level: the next ones save a tenth of the bytes for twice the time.
  return pipeline(pieces, createGzip({ level: constants.Z_BEST_SPEED, chunkSize: GZIP_PIECE_BYTES }), gathered);
}

/** Others have their turn between two pieces: over loopback the kernel takes and delivers megabytes in one go. */
async function* inTurns(body: Body): AsyncGenerator<Buffer> {
  for (const piece of body) {
    yield piece;
    await immediate();
  }
}

/** Hands on a piece when the client took the one before, so that a large body is not copied for a slow client. */
async function send(res: Response, body: Body): Promise<void> {
  res.set("Content-Length", String(body.reduce((bytes, piece) => bytes + piece.length, 0)));
  await pipeline(Readable.from(inTurns(body)), res);
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
      const body = await (zip ? zipped : plain)(format).finally(() => {
        waiting -= 1;
      });
      res.vary("Accept").vary("Accept-Encoding");
      if (zip) res.set("Content-Encoding", "gzip");
      res.set("Content-Type", exposition.contentType[format]);
      await send(res, body);
    } catch (err) {
      // The client went away before it had all of it.
      if (res.headersSent || res.destroyed) return;
      log.error({ err }, "metrics cannot be rendered");
      sendLine(res, 500, "the metrics cannot be rendered: the log of this exporter says why");
    }
  };
}
