import { httpErrorCode, httpReason } from "../kernel/http-problem.ts";

/** A source of paths that gave no usable answer; the message says why and what to do, and holds no secret. */
export class SourceProblem extends Error {
  override readonly name = "SourceProblem";
}

/** The problem of a request that failed. */
export function httpProblem(error: unknown): SourceProblem {
  if (error instanceof SourceProblem) return error;
  const code = httpErrorCode(error);
  if (code === undefined) throw error;
  return new SourceProblem(httpReason(code));
}
