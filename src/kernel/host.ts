import type { Tracing } from "./bpf/tracing.ts";
import type { HttpClient, TlsOptions } from "./http.ts";
import type { MachineFacts } from "./machine.ts";
import type { NetlinkMessage } from "./netlink/message.ts";

/** What a collector asked for does not exist on this machine (ENOENT, EOPNOTSUPP, ENODEV): absent, not failed. */
export class SourceAbsentError extends Error {
  override readonly name = "SourceAbsentError";
}

/** The kernel refused (EACCES, EPERM). The message says what would be needed. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
}

/** Text that we cannot read: says which file, which row, what was expected and what was found. */
export class ParseError extends Error {
  override readonly name = "ParseError";
}

/**
 * Why a server on another machine could not be read. `unreachable` is the network or a server that does not answer in time,
 * `answer` what it said that we cannot use.
 */
export type ServerFailure = "unreachable" | "certificate" | "credentials" | "privilege" | "answer";

/** A server on another machine that could not be read; the message says why and what to do, and holds no secret. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly reason: ServerFailure;
  constructor(reason: ServerFailure, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A stream of bytes to a daemon of this machine. */
export interface Connection extends AsyncIterable<Uint8Array> {
  write(bytes: Uint8Array): void;
  /** Ends it at once, and every iteration over it. */
  close(): void;
}

/** Everything impure that a collector may do. Paths are absolute; all calls obey the collector's deadline. */
export interface Host {
  /** @throws SourceAbsentError, NotPermittedError */
  readText(path: string): Promise<string>;
  /**
   * A file of /proc of a page or two, read at once, at a tenth of what readText costs: for what is read thousands of times.
   * Only files for which the kernel waits on nobody (schedstat, stat, status, comm; not cmdline or maps, which wait for the
   * process), and with turns for others in between. @throws SourceAbsentError, NotPermittedError
   */
  readNow(path: string): string;
  /** Names in a directory, sorted. @throws SourceAbsentError, NotPermittedError */
  list(path: string): Promise<readonly string[]>;
  /** The target of a symbolic link, unresolved. @throws SourceAbsentError, NotPermittedError */
  readLink(path: string): Promise<string>;
  /**
   * One SIOCETHTOOL call: `request` is the kernel's struct, filled in; the answer is the same struct as the kernel left it.
   * @throws SourceAbsentError where driver or kernel lacks the command, NotPermittedError
   */
  ethtool(device: string, request: Uint8Array): Promise<Uint8Array>;
  /**
   * One dump of netlink, as the files in `netlink/` ask for it and read it.
   * @param protocol where the request belongs: `route` unless told
   * @throws SourceAbsentError where the kernel lacks it, NotPermittedError; Error where the list kept changing meanwhile
   */
  netlink(request: Uint8Array, signal: AbortSignal, protocol?: "route" | "generic"): Promise<readonly NetlinkMessage[]>;
  /**
   * Runs a program, without a shell and with messages in English. @returns what it wrote to stdout
   * @throws SourceAbsentError where it is not installed; Error with its first words on stderr where it failed
   */
  run(program: string, args: readonly string[], signal: AbortSignal): Promise<string>;
  /**
   * Connects to a Unix socket.
   * @param signal also ends the connection later @throws SourceAbsentError where nobody made it, NotPermittedError
   */
  connect(path: string, signal: AbortSignal): Promise<Connection>;
  /** Questions to one server on another machine. Connections are kept between them. */
  http(tls: TlsOptions): HttpClient;
  /** A variable of the environment; undefined where it is not set. */
  environment(name: string): string | undefined;
  /** Counting and measuring inside the kernel. */
  readonly tracing: Tracing;
  /** Static facts, asked for in the background; undefined until they are known. */
  machine(): MachineFacts | undefined;
}
