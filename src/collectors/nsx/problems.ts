import { ServerError } from "../../kernel/host.ts";

/** What was asked, for an operator; the query behind a path is long and says no more than the kind. */
export function placeOf(path: string, kind: string): string {
  return `${kind} (${path.replace(/\?.*/, "")})`;
}

/** Failures of one question say which. */
export async function placed<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerError) || error.reason === "credentials" || error.reason === "certificate")
      throw error;
    throw new ServerError(error.reason, `${place}: ${error.message}`);
  }
}

/** What an answer means that is neither the wanted one nor a refusal. */
export function statusProblem(status: number): ServerError {
  const said = `it answers with status ${status}`;
  if (status === 429) return new ServerError("unreachable", `${said}: it is asked too often; raise interval`);
  if (status === 502 || status === 503) {
    return new ServerError("unreachable", `${said}: it is starting, or overloaded`);
  }
  if (status >= 300 && status < 400) {
    return new ServerError("answer", `${said}, a redirection: write the last URL into the configuration`);
  }
  if (status === 404) return new ServerError("answer", `${said}: it is gone, or this version of NSX has no such thing`);
  return new ServerError("answer", `${said}: its log says why`);
}
