import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { limitConnections } from "./connections.ts";
import type { HttpLog } from "./outcome.ts";

export interface Address {
  /** Address or name of this machine; empty listens on all addresses. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Listening {
  /** Where a person on this machine reaches it, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, finishes what is under way within the deadline, then closes the rest. */
  close(deadlineMilliseconds?: number): Promise<void>;
}

/** The message is one line that says what to do; the program can then only end. */
export class CannotListenError extends Error {
  override readonly name = "CannotListenError";
}

const MAX_CONNECTIONS = 256;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than the usual scrape interval of one minute, so that Prometheus need not connect again. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const CLOSE_DEADLINE_MS = 5_000;

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use by another process; stop that one, or choose another port with --listen",
  EACCES: "not permitted; ports below 1024 need CAP_NET_BIND_SERVICE, or choose a higher one with --listen",
  EADDRNOTAVAIL: "this machine has no such address; `ip address` lists those it has",
  EAFNOSUPPORT: "this machine has no such address family; IPv6 may be switched off",
  ENOTFOUND: "the name does not resolve; give an address of this machine",
  EAI_AGAIN: "the name does not resolve now; give an address of this machine",
  ERR_SOCKET_BAD_PORT: "a port is a number from 0 to 65535",
};

function show({ host, port }: Address): string {
  const shown = host === "" ? "*" : host;
  return shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
}

function cannotListen(address: Address, err: NodeJS.ErrnoException): CannotListenError {
  const reason = remedies[err.code ?? ""] ?? err.message;
  return new CannotListenError(`cannot listen on ${show(address)}: ${reason}`, { cause: err });
}

const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Bytes that are no HTTP get an answer and lose their connection; they reach no handler. */
function refuse(err: NodeJS.ErrnoException, socket: Socket): void {
  if (err.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = refusals[err.code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that never closes its own half would keep the socket for ever.
  socket.setTimeout(1_000, () => socket.destroy());
}

function started(server: Server, { host, port }: Address): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(host === "" ? { port } : { host, port }, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  const anywhere = address === "::" || address === "0.0.0.0";
  const host = anywhere ? "localhost" : family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

/** @throws CannotListenError where the address cannot be had */
export async function listen(app: RequestListener, address: Address, log: HttpLog): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    app,
  );
  const connections = limitConnections(server, MAX_CONNECTIONS);
  server.on("clientError", refuse);
  const bound = await started(server, address).catch((err: NodeJS.ErrnoException) => {
    throw cannotListen(address, err);
  });

  // For example no file descriptor left for the next connection: that one is lost, the others go on.
  server.on("error", (err) => log.error({ err }, "a connection was not accepted"));

  return {
    url: urlOf(bound),
    port: bound.port,
    async close(deadlineMilliseconds = CLOSE_DEADLINE_MS) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.drain();
      const deadline = setTimeout(() => server.closeAllConnections(), deadlineMilliseconds);
      await closed;
      clearTimeout(deadline);
    },
  };
}
