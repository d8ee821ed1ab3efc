import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { version } from "../package.ts";
import { describeCertificate } from "./certificate.ts";
import { ServerError, type ServerFailure } from "./host.ts";
import { httpErrorCode, httpReason, isCertificateCode } from "./http-problem.ts";

export interface TlsOptions {
  /** Certificates to trust, PEM; those that Node.js brings where undefined. */
  readonly ca?: string | undefined;
  /** The name that the certificate has to have; the URL's host where undefined. */
  readonly serverName?: string | undefined;
  /** Trusts anybody. */
  readonly insecureSkipVerify: boolean;
}

export interface HttpQuestion {
  readonly method: "GET" | "POST" | "DELETE";
  /** http or https, without a login. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent once at most, also where the kept connection turns out to be closed: a login counts. */
  readonly once?: boolean;
  /** For the whole answer, from now on. */
  readonly deadlineMs: number;
  /** Of the answer's body. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it arrives, once. Whoever stops early closes the connection. @throws ServerError */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /** Redirects are not followed: a login is for one host. @throws ServerError */
  ask(question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends its connections, also those in use. */
  close(): void;
}

/** A server asks this much of us at once at most; the third question waits. */
const MAX_CONNECTIONS = 2;

function reasonOf(code: string): ServerFailure {
  if (isCertificateCode(code)) return "certificate";
  return /^(HPE_|EPROTO|Z_)/.test(code) ? "answer" : "unreachable";
}

/** One client for one server. */
export function createHttpClient(tls: TlsOptions): HttpClient {
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS, maxFreeSockets: MAX_CONNECTIONS };
  const trust = {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, ...trust });

  function send(question: HttpQuestion, signal: AbortSignal, retry: boolean): Promise<IncomingMessage> {
    const { url, method, headers, body } = question;
    const secure = url.startsWith("https:");
    return new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(body);
      const request = (secure ? requestHttps : requestHttp)(
        url,
        {
          method,
          signal,
          agent: secure ? https : http,
          headers: {
            "User-Agent": `virtloss/${version}`,
            // Nothing packed: an answer is as large as it looks.
            "Accept-Encoding": "identity",
            ...(bytes && { "Content-Length": bytes.length }),
            ...headers,
          },
        },
        resolve,
      );
      request
        .on("error", (error) => {
          // A kept connection that the server has closed meanwhile fails at once; a new one is worth a try.
          const closed = request.reusedSocket && ["ECONNRESET", "EPIPE"].includes(httpErrorCode(error) ?? "");
          if (retry && closed && !question.once && !signal.aborted) resolve(send(question, signal, false));
          else reject(error);
        })
        .end(bytes);
    });
  }

  /** @param stopped whose deadline has passed, or who was told to stop: whatever is broken then, is broken by that */
  async function problem(error: unknown, url: string, stopped: AbortSignal): Promise<unknown> {
    if (error instanceof ServerError) return error;
    const code = stopped.aborted ? "ABORT_ERR" : httpErrorCode(error);
    if (code === undefined) return error;
    const reason = reasonOf(code);
    if (reason !== "certificate") return new ServerError(reason, httpReason(code));
    return new ServerError(reason, `${httpReason(code)}. ${await describeCertificate(url, tls.serverName)}`);
  }

  async function* bodyOf(
    response: IncomingMessage,
    { url, maxBytes }: HttpQuestion,
    stopped: AbortSignal,
    end: () => void,
  ) {
    const packing = response.headers["content-encoding"] ?? "identity";
    try {
      if (packing !== "identity")
        throw new ServerError("answer", `its answer is packed (${packing}), which nobody asked`);
      let bytes = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          throw new ServerError("answer", `its answer is larger than ${Math.round(maxBytes / 2 ** 20)} MiB`);
        }
        yield chunk;
      }
    } catch (error) {
      throw await problem(error, url, stopped);
    } finally {
      end();
    }
  }

  return {
    async ask(question, signal) {
      const stop = new AbortController();
      const abort = () => stop.abort();
      const deadline = setTimeout(abort, question.deadlineMs);
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      const end = () => {
        clearTimeout(deadline);
        signal.removeEventListener("abort", abort);
      };
      try {
        const response = await send(question, stop.signal, true);
        return {
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bodyOf(response, question, stop.signal, end),
        };
      } catch (error) {
        end();
        throw await problem(error, question.url, stop.signal);
      }
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}
