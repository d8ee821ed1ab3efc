import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface Connections {
  /** Closes each connection as soon as nothing is under way on it; those that stay idle at once. */
  drain(): void;
}

/**
 * Keeps at most `limit` connections. Beyond them the longest idle one goes (a client that never finishes its request is
 * idle too), so a flood of silent sockets pushes out itself and not the scraper that comes with a request in hand.
 * node:http's own maxConnections would refuse the newcomer, which is the scraper.
 */
export function limitConnections(server: Server, limit: number): Connections {
  // Requests under way by socket, least recently used socket first.
  const active = new Map<Socket, number>();
  let draining = false;

  function settle(socket: Socket): void {
    const count = active.get(socket);
    if (count === undefined) return;
    active.delete(socket);
    active.set(socket, count - 1);
    if (draining && count === 1) socket.end();
  }

  server.on("connection", (socket) => {
    if (active.size >= limit) {
      const idle = [...active].find(([, count]) => count === 0)?.[0] ?? socket;
      active.delete(idle);
      idle.destroy();
      if (idle === socket) return;
    }
    active.set(socket, 0);
    socket.on("close", () => active.delete(socket));
  });
  server.on("request", ({ socket }, res: ServerResponse) => {
    active.set(socket, (active.get(socket) ?? 0) + 1);
    res.on("close", () => settle(socket));
  });

  return {
    drain() {
      draining = true;
      for (const [socket, count] of active) if (count === 0) socket.destroy();
    },
  };
}
