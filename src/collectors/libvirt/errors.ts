/** libvirt itself says that it cannot or will not. */
export class LibvirtError extends Error {
  override readonly name = "LibvirtError";
  /** One of virErrorNumber. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** No answer came in time; it may still come. */
export class LibvirtTimeoutError extends Error {
  override readonly name = "LibvirtTimeoutError";
}

/** Those of virErrorNumber that mean something to us. */
export const libvirtErrorCode = {
  /** No driver of the daemon serves the URI. */
  noConnect: 5,
  operationDenied: 29,
  /** The RPC layer: an unknown program, or a caller who did not authenticate. */
  rpc: 39,
  noDomain: 42,
  authFailed: 45,
  authCancelled: 79,
  authUnavailable: 80,
  accessDenied: 88,
} as const;
