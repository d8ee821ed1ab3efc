import type { Response } from "express";

/** Did it work, and if not, what should the person who asked know? */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** The part of a pino logger that the HTTP side uses. */
export interface HttpLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Answers with plain text and a line end. Text that came from the request must not be passed on to here. */
export function sendLine(res: Response, status: number, text: string): void {
  res.status(status).type("text/plain").send(`${text}\n`);
}
