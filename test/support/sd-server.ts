import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** An HTTP server on loopback whose answer a test chooses, with a note of what it was asked. */
export interface SdServer {
  readonly origin: string;
  answer: RequestListener;
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  /** The most requests that were under way at one moment. */
  mostAtOnce: number;
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export async function startSdServer(tls?: { readonly cert: string; readonly key: string }): Promise<SdServer> {
  const connections = new Set<Socket>();
  let open = 0;
  const listener: RequestListener = (request, response) => {
    sd.requests.push({ url: request.url ?? "", headers: request.headers });
    sd.mostAtOnce = Math.max(sd.mostAtOnce, ++open);
    response.on("close", () => open--);
    sd.answer(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => connections.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sd: SdServer = {
    origin: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    answer: sending("[]"),
    requests: [],
    mostAtOnce: 0,
    connections,
    async close() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return sd;
}

/** An answer as it should be, unless told otherwise. */
export function sending(
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = { "Content-Type": "application/json" },
  status = 200,
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}
