import { isIPv4, isIPv6 } from "node:net";
import { parseTarget } from "./target.ts";

export interface Listen {
  /** Undefined: all addresses of this machine. */
  readonly host: string | undefined;
  /** 0: one that the kernel chooses. */
  readonly port: number;
}

export const listenExpectation =
  "expected [ADDRESS]:PORT with a port from 0 to 65535, such as :10862, 127.0.0.1:10862 or [::1]:10862";

/** @returns undefined where the text is no such pair */
export function parseListen(text: string): Listen | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (!parts) return undefined;
  const [, bracketed, plain = "", digits] = parts;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === "") return { host: undefined, port };
  if (isIPv4(plain) || namesHost(plain)) return { host: plain, port };
  return undefined;
}

function namesHost(text: string): boolean {
  const target = parseTarget(text);
  return "kind" in target && target.kind === "name";
}

/** The notation that parseListen reads. */
export function formatListen({ host, port }: Listen): string {
  if (host === undefined) return `:${port}`;
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
