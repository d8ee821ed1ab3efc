import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Answers a request on its connection, rightly or not. */
export type Answer = (request: Request, socket: Socket) => void;

export interface FakeOvs {
  /** Of its database. */
  readonly socket: string;
  close(): Promise<void>;
}

const captured = (name: string) => readFileSync(new URL(`../fixtures/ovs-3.1/${name}`, import.meta.url), "utf8");
export const capturedSchema = JSON.parse(captured("get_schema.json"));
export const capturedTables = JSON.parse(captured("transact.json"));

export function reply({ id }: Request, socket: Socket, result: unknown, error: unknown = null): void {
  socket.write(JSON.stringify({ id, result, error }));
}

/** The database as it was captured. */
export const database: Answer = (request, socket) => {
  reply(request, socket, request.method === "get_schema" ? capturedSchema : capturedTables);
};

/** ovs-vswitchd as it was captured; read-counter knows every event, at 0. */
export const daemon: Answer = (request, socket) => {
  if (request.method === "coverage/read-counter") reply(request, socket, "0\n");
  else reply(request, socket, captured(`${request.method.replace("/", "-")}.txt`));
};

async function listen(path: string, answer: Answer, connections: Socket[]): Promise<Server> {
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on("data", (data) => answer(JSON.parse(String(data)) as Request, socket));
    socket.on("error", () => socket.destroy());
  });
  server.listen(path);
  await once(server, "listening");
  return server;
}

/** A socket whose listener is gone: closing it would remove its file, so that it is moved meanwhile. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer();
  server.listen(`${path}.new`);
  await once(server, "listening");
  renameSync(`${path}.new`, path);
  await new Promise((resolve) => server.close(resolve));
}

/** Sockets as ovsdb-server and ovs-vswitchd make them; one without an answer is not there. */
export async function startFakeOvs({ asDatabase = database, asDaemon }: FakeAnswers): Promise<FakeOvs> {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-ovs-"));
  const socket = join(directory, "db.sock");
  const connections: Socket[] = [];
  const servers = [await listen(socket, asDatabase, connections)];
  if (asDaemon) {
    // Left over from a daemon that was killed: nobody listens there.
    await leaveSocket(join(directory, "ovs-vswitchd.76.ctl"));
    servers.push(await listen(join(directory, "ovs-vswitchd.77.ctl"), asDaemon, connections));
  }
  return {
    socket,
    async close() {
      for (const connection of connections) connection.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(directory, { recursive: true });
    },
  };
}

export interface FakeAnswers {
  readonly asDatabase?: Answer;
  readonly asDaemon?: Answer;
}
