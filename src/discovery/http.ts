import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { PathUrl } from "../config/discovery.ts";
import { type ConfigFiles, FileProblem } from "../config/files.ts";
import { version } from "../package.ts";
import { httpProblem, SourceProblem } from "./problem.ts";

/** Of an answer, unpacked: some 100,000 targets. */
export const maxAnswerBytes = 16 * 1024 * 1024;
const maxRedirects = 3;

// What Prometheus' HTTP SD accepts.
const jsonType = /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i;

/**
 * One question to a URL: GET with its login, a deadline for the whole answer, at most 16 MiB, redirects to the same host only.
 * @throws SourceProblem
 */
export async function askUrl(source: PathUrl, files: ConfigFiles, signal: AbortSignal): Promise<string> {
  const stop = new AbortController();
  const end = () => stop.abort();
  const deadline = setTimeout(end, source.timeoutSeconds * 1000);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    const options = { headers: await headersOf(source, files), ...(await tlsOf(source, files)), signal: stop.signal };
    let url = new URL(source.url);
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const response = await get(url, options);
      const next = redirectOf(response, url);
      if (!next) return await readAnswer(response, stop.signal);
      response.destroy();
      url = next;
    }
    throw new SourceProblem(`it redirects more than ${maxRedirects} times: write the last URL into the configuration`);
  } catch (error) {
    throw httpProblem(error);
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener("abort", end);
    // Whatever is still open belongs to an answer that nobody waits for any more.
    end();
  }
}

type Options = Parameters<typeof requestHttps>[1] & { readonly signal: AbortSignal };

function get(url: URL, options: Options): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    // An agent of its own: no connection is kept, so none is found dead at the next question.
    request(url, { ...options, agent: false }, resolve)
      .on("error", reject)
      .end();
  });
}

async function headersOf(source: PathUrl, files: ConfigFiles): Promise<Record<string, string>> {
  const authorization = await authorizationOf(source, files);
  return {
    Accept: "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": `virtloss/${version}`,
    "X-Prometheus-Refresh-Interval-Seconds": String(source.refreshSeconds),
    ...(authorization === undefined ? {} : { Authorization: authorization }),
  };
}

/** Files are read for each question, because secrets are rotated. */
async function authorizationOf({ login }: PathUrl, files: ConfigFiles): Promise<string | undefined> {
  if (!login) return undefined;
  if ("authorizationFile" in login) {
    const value = await readFile(login.authorizationFile, "authorization_file", files);
    if (/^[\x20-\x7e]+$/.test(value)) return value;
    throw new SourceProblem("authorization_file has to hold one line of ASCII, such as: Bearer TOKEN");
  }
  const password = await readFile(login.passwordFile, "password_file", files);
  return `Basic ${Buffer.from(`${login.username}:${password}`).toString("base64")}`;
}

async function tlsOf({ tls }: PathUrl, files: ConfigFiles): Promise<{ ca?: string; rejectUnauthorized: boolean }> {
  const rejectUnauthorized = !tls.insecureSkipVerify;
  if (tls.caFile === undefined) return { rejectUnauthorized };
  return { ca: await readFile(tls.caFile, "tls.ca_file", files), rejectUnauthorized };
}

async function readFile(path: string, key: string, files: ConfigFiles): Promise<string> {
  try {
    return (await files.readText(path)).trimEnd();
  } catch (error) {
    throw error instanceof FileProblem ? new SourceProblem(`${key} ${path}: ${error.message}`) : error;
  }
}

/** @returns where to ask instead; undefined where this is the answer. @throws SourceProblem where the login must not go */
function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | undefined {
  if (statusCode === undefined || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const location = headers.location ?? "";
  if (!URL.canParse(location, from.href)) throw new SourceProblem("it redirects to something that is no URL");
  const to = new URL(location, from);
  const secured = from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname;
  if (to.origin === from.origin || secured) return to;
  throw new SourceProblem(
    "it redirects to another host, which is not followed: write the last URL into the configuration",
  );
}

async function readAnswer(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const { statusCode, headers } = response;
  if (statusCode !== 200)
    throw new SourceProblem(`it answers with status ${statusCode}; expected 200${statusHint(statusCode)}`);
  if (!jsonType.test(headers["content-type"]?.trim() ?? "")) {
    throw new SourceProblem("its answer is not application/json: is this the URL of a service discovery?");
  }
  const packing = headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (packing !== "identity" && packing !== "gzip") throw new SourceProblem("its answer is packed, though not as gzip");
  if (Number(headers["content-length"] ?? 0) > maxAnswerBytes) throw tooLarge();

  const chunks: Buffer[] = [];
  let bytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxAnswerBytes) chunks.push(chunk);
      done(bytes > maxAnswerBytes ? tooLarge() : undefined);
    },
  });
  // Nothing comes out at its end, but a stream that nobody reads does not end.
  limited.resume();
  if (packing === "gzip") await pipeline(response, createGunzip(), limited, { signal });
  else await pipeline(response, limited, { signal });
  return decode(Buffer.concat(chunks));
}

function statusHint(status: number | undefined): string {
  if (status === 401 || status === 403) return ": it wants another login";
  return status === 404 ? ": is the URL right?" : ": its log says why";
}

function tooLarge(): SourceProblem {
  return new SourceProblem(
    `its answer is larger than ${maxAnswerBytes / 2 ** 20} MiB: spread the paths over several URLs`,
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SourceProblem("its answer is not UTF-8 text");
  }
}
