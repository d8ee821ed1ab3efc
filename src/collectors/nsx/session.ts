import { type Host, ServerError } from "../../kernel/host.ts";
import type { HttpAnswer, HttpClient, HttpQuestion } from "../../kernel/http.ts";
import { loginGateOf } from "../login-backoff.ts";
import type { MonotonicMs } from "../reading.ts";
import { openClient, readPassword } from "../server-login.ts";
import type { ServerOptions } from "../server-options.ts";
import { placed, placeOf, statusProblem } from "./problems.ts";

export interface NsxSession {
  /**
   * The text of an answer. Logs in where that is needed, and once more where the session has expired.
   * @param kind of question, such as "segments": whoever may not ask one may ask none of its kind
   * @throws ServerError
   */
  get(path: string, kind: string, signal: AbortSignal): Promise<string>;
  /** Logs out where the manager is quick about it. */
  close(): Promise<void>;
}

interface Login {
  readonly cookie: string;
  readonly token: string;
  readonly sinceMs: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const LOGIN_PATH = "/api/session/create";
const LOGOUT_PATH = "/api/session/destroy";
const LOGOUT_MS = 2000;
/** A session that is younger has not expired: what it may not read is not for this account. */
const YOUNG_MS = 30_000;

async function discard({ body }: HttpAnswer): Promise<void> {
  for await (const _ of body) break;
}

async function textOf({ body }: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** The session of a login that worked. @throws ServerError */
function loginOf({ headers }: HttpAnswer, sinceMs: number): Login {
  const cookies = headers["set-cookie"]?.map((cookie) => cookie.split(";")[0] ?? "") ?? [];
  const token = headers["x-xsrf-token"];
  if (cookies.some((cookie) => /^JSESSIONID=./.test(cookie)) && typeof token === "string") {
    return { cookie: cookies.join("; "), token, sinceMs };
  }
  throw new ServerError(
    "answer",
    "expected the cookie JSESSIONID and the header X-XSRF-TOKEN, found less: is this the URL of an NSX manager?",
  );
}

/** A session of one manager; nothing is asked before the first question. */
export function createSession(host: Host, options: ServerOptions, monotonicMs: MonotonicMs): NsxSession {
  const { url, username, timeoutSeconds } = options;
  const gate = loginGateOf(url, username, monotonicMs);
  /** Kinds of questions that a new session was not allowed to ask either. */
  const forbidden = new Set<string>();
  let client: Promise<HttpClient> | undefined;
  let login: Login | undefined;
  let pending: Promise<Login> | undefined;

  async function ask(question: Partial<HttpQuestion>, path: string, signal: AbortSignal): Promise<HttpAnswer> {
    client ??= openClient(host, options);
    try {
      const asked = {
        method: "GET",
        deadlineMs: 1000 * timeoutSeconds,
        maxBytes: MAX_ANSWER_BYTES,
        ...question,
      } as const;
      return await (await client).ask({ ...asked, url: url + path }, signal);
    } catch (error) {
      // A CA file may have been mended.
      if (error instanceof ServerError && error.reason === "certificate") await closeClient();
      throw error;
    }
  }

  async function closeClient(): Promise<void> {
    const opened = client;
    client = undefined;
    await opened?.then(
      (one) => one.close(),
      () => undefined,
    );
  }

  async function logIn(signal: AbortSignal): Promise<Login> {
    const password = await readPassword(host, options);
    gate.check(password);
    const answer = await ask(
      {
        method: "POST",
        once: true,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ j_username: username, j_password: password }).toString(),
      },
      LOGIN_PATH,
      signal,
    );
    await discard(answer);
    if (answer.status === 401 || answer.status === 403) {
      gate.refused(password);
      throw new ServerError(
        "credentials",
        `it refuses the login of ${username}: mend username or the password; the account may also be locked`,
      );
    }
    if (answer.status !== 200) throw statusProblem(answer.status);
    login = loginOf(answer, monotonicMs());
    gate.accepted();
    return login;
  }

  /** Another session than the one that was used, which several questions may find expired at once. */
  function renew(used: Login | undefined, signal: AbortSignal): Promise<Login> {
    if (login && login !== used) return Promise.resolve(login);
    login = undefined;
    pending ??= placed(placeOf(LOGIN_PATH, "login"), () => logIn(signal)).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function askWith({ cookie, token }: Login, path: string, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { Accept: "application/json", Cookie: cookie, "X-XSRF-TOKEN": token };
    return ask({ headers }, path, signal);
  }

  /** An expired session is refused with 401, and by some versions with 403. */
  function mayHaveExpired(status: number, used: Login, kind: string): boolean {
    if (status === 401) return true;
    return status === 403 && !forbidden.has(kind) && monotonicMs() - used.sinceMs >= YOUNG_MS;
  }

  async function read(path: string, kind: string, answer: HttpAnswer): Promise<string> {
    if (answer.status === 200) {
      forbidden.delete(kind);
      return textOf(answer);
    }
    await discard(answer);
    if (answer.status === 403) {
      throw new ServerError("privilege", `${username} may not read it: give it the role Auditor`);
    }
    if (answer.status !== 401) throw statusProblem(answer.status);
    login = undefined;
    throw new ServerError(
      "credentials",
      `${placeOf(path, kind)}: it refuses the session that it has just given: a session belongs to one manager node, so the URL has to name one, or a load balancer that stays with it`,
    );
  }

  return {
    async get(path, kind, signal) {
      const used = login ?? (await renew(undefined, signal));
      return placed(placeOf(path, kind), async () => {
        const answer = await askWith(used, path, signal);
        if (!mayHaveExpired(answer.status, used, kind)) return read(path, kind, answer);
        await discard(answer);
        const again = await askWith(await renew(used, signal), path, signal);
        if (again.status === 403) forbidden.add(kind);
        return read(path, kind, again);
      });
    },
    async close() {
      const last = login;
      login = undefined;
      if (last) {
        const headers = { Cookie: last.cookie, "X-XSRF-TOKEN": last.token };
        const question = { method: "POST", headers, deadlineMs: LOGOUT_MS } as const;
        // The session ends by itself where the manager does not take the trouble.
        await ask(question, LOGOUT_PATH, new AbortController().signal).then(discard, () => undefined);
      }
      await closeClient();
    },
  };
}
