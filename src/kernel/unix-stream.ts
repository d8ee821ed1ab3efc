import { once } from "node:events";
import { connect } from "node:net";
import type { Connection } from "./host.ts";

/**
 * Connects to a Unix socket; `Host.connect` says what comes out.
 * @throws the system's error with its code
 */
export async function connectUnix(path: string, signal: AbortSignal): Promise<Connection> {
  const socket = connect({ path, signal });
  await once(socket, "connect", { signal });
  socket.on("error", () => {
    // Whoever iterates over the stream meets the error there; while nobody does, it must not end the process.
  });
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
    [Symbol.asyncIterator]: () => socket[Symbol.asyncIterator](),
  };
}
