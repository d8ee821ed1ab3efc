/** A target that has no address now; the message says why and what to do. */
export class UnresolvedError extends Error {
  override readonly name = "UnresolvedError";
}
