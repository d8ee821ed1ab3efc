import type { Certificate } from "./certificates.mjs";

export interface FakeNsxOptions {
  readonly certificate: Certificate;
  /** Of the account named monitor. */
  readonly password?: string;
  readonly version?: string;
}

/** A status, now or later, what becomes of the answer, or its whole text. */
export type NsxFault =
  | number
  | { readonly status: number; readonly afterMs: number }
  | "hang"
  | "half"
  | "huge"
  | (string & {});

export interface FakeNsx {
  readonly url: string;
  password: string;
  /** As the policy API returns them, each with resource_type and path. */
  objects: readonly unknown[];
  /** By the policy path of what they are of. */
  readonly statistics: Map<string, unknown>;
  /** By the beginning of the decoded path and query. */
  readonly faults: Map<string, NsxFault>;
  /** Of answers to a session that has expired. */
  expiredStatus: 401 | 403;
  /** Whether each was right. */
  readonly logins: boolean[];
  readonly logouts: number;
  /** Decoded paths and queries of questions within a session. */
  readonly asked: string[];
  /** Questions at the same time. */
  readonly mostOpen: number;
  readonly sessions: number;
  /** Ends all sessions. */
  expire(): void;
  stop(): Promise<void>;
}

export function startFakeNsx(options: FakeNsxOptions): Promise<FakeNsx>;
