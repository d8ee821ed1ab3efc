import { type Connection, ParseError } from "../../kernel/host.ts";
import { createJsonSplitter } from "./json-values.ts";

/** Of all that one connection says: a database of 20,000 ports sends 25 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The peer understood the request and refused it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** JSON-RPC 1.0 as the daemons of Open vSwitch speak it, one call after the other. */
export interface JsonRpc {
  /** @throws RefusedError, ParseError; Error where the connection ends */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
}

type Message = Readonly<Record<string, unknown>>;

async function* messagesOf(connection: Connection, place: string): AsyncGenerator<Message, undefined> {
  const splitter = createJsonSplitter(place, MAX_BYTES);
  for await (const bytes of connection) {
    for (const value of splitter.push(bytes)) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new ParseError(`${place}: expected a message of JSON-RPC, found ${JSON.stringify(value).slice(0, 60)}`);
      }
      yield value as Message;
    }
  }
  return undefined;
}

function complaint(error: unknown): string {
  return (typeof error === "string" ? error : JSON.stringify(error)).trim().slice(0, 200);
}

/** @param place names the peer in errors: the path of its socket */
export function createJsonRpc(connection: Connection, place: string): JsonRpc {
  const messages = messagesOf(connection, place);
  let lastId = 0;

  function send(message: Message): void {
    connection.write(new TextEncoder().encode(JSON.stringify(message)));
  }

  async function nextMessage(method: string): Promise<Message> {
    const { value } = await messages.next();
    if (value) return value;
    throw new Error(
      `${place}: expected a reply to ${method}, found the end of the connection: was the daemon restarted?`,
    );
  }

  return {
    async call(method, params) {
      const id = ++lastId;
      send({ id, method, params });
      for (;;) {
        const message = await nextMessage(method);
        // RFC 7047, section 4.1.11: either side may ask whether the other lives.
        if (message["method"] === "echo") send({ id: message["id"], result: message["params"], error: null });
        if (message["method"] !== undefined || message["id"] !== id) continue;
        const error = message["error"] ?? null;
        if (error === null) return message["result"];
        throw new RefusedError(`${place}: ${method} was refused: ${complaint(error)}`);
      }
    },
  };
}
