import { connect } from "node:net";
import { type AppParts, createApp } from "../../src/http/app.ts";
import type { StatusView } from "../../src/http/page/view.ts";
import { type Listening, listen } from "../../src/http/server.ts";

export const emptyView: StatusView = {
  version: "1.2.3",
  startedAtSeconds: 1_795_000_000,
  nowSeconds: 1_795_000_100,
  hostname: "guest-1",
  paths: [],
  collectors: [],
  prober: { state: "ok", detail: null },
  hints: [],
};

export interface Serving extends Listening {
  /** What went to the log. */
  readonly logged: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[];
}

/** The real app on a free port of loopback. What the caller does not give is healthy, ready and small. */
export async function serveParts(parts: Partial<AppParts> = {}): Promise<Serving> {
  const logged: { fields: Readonly<Record<string, unknown>>; message: string }[] = [];
  const log = {
    error: (fields: Readonly<Record<string, unknown>>, message: string) => {
      logged.push({ fields, message });
    },
  };
  const app = createApp({
    async *render(format) {
      yield `# ${format}\n`;
    },
    contentType: {
      text: "text/plain; version=0.0.4; charset=utf-8",
      openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    },
    health: () => ({ ok: true }),
    ready: () => ({ ready: true, waitingFor: [] }),
    status: () => emptyView,
    runbook: async (alert) => (alert === "VirtlossPathLoss" ? "# VirtlossPathLoss\n\n1 < 2\n" : undefined),
    probes: { answer: async () => ({ status: 404, message: "/probe is off" }), history: () => undefined },
    log,
    ...parts,
  });
  const listening = await listen(app, { host: "127.0.0.1", port: 0 }, log);
  return { ...listening, logged };
}

/** Sends bytes as they are and gives all that comes back until the server closes. */
export function sendRaw(port: number, bytes: string | Uint8Array, timeoutMilliseconds = 2_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.setTimeout(timeoutMilliseconds, () => socket.destroy());
    socket.on("data", (chunk) => chunks.push(chunk));
    // A reset is an answer too: what came before it counts.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.end(bytes);
  });
}
