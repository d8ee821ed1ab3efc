import { type Host, ParseError } from "../../kernel/host.ts";
import { LibvirtError, LibvirtTimeoutError } from "./errors.ts";
import { encodeMessage, type Message, messageStatus, messageType, readMessages } from "./message.ts";
import {
  decodeError,
  KEEPALIVE_PROGRAM,
  keepalive,
  PROTOCOL_VERSION,
  type Procedure,
  REMOTE_PROGRAM,
} from "./protocol.ts";

const CONNECT_DEADLINE_MS = 2000;
const EMPTY = new Uint8Array();

/** One connection to libvirt. Calls are told apart by their serial, so a late answer is taken for no other. */
export interface LibvirtClient {
  /**
   * @returns the body of the answer
   * @throws LibvirtError, LibvirtTimeoutError; ParseError where libvirt's protocol is not what is spoken; Error once it is closed
   */
  call(procedure: Procedure, args: Uint8Array, deadlineMs: number): Promise<Uint8Array>;
  isOpen(): boolean;
  close(): void;
}

interface PendingCall {
  readonly what: string;
  settle(outcome: Uint8Array | Error): void;
}

/** @throws what `Host.connect` throws */
export async function connectLibvirt(host: Host, path: string): Promise<LibvirtClient> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), CONNECT_DEADLINE_MS).unref();
  const connection = await host.connect(path, ending.signal).finally(() => clearTimeout(timer));
  const pending = new Map<number, PendingCall>();
  let lastSerial = 0;
  let end: Error | undefined;

  function finish(reason: Error): void {
    end ??= reason;
    connection.close();
    for (const { settle } of pending.values()) settle(end);
    pending.clear();
  }

  function send(message: Message): void {
    connection.write(encodeMessage(message));
  }

  function receive(message: Message): void {
    const { program, version, procedure, type, serial, status, body } = message;
    if (program === KEEPALIVE_PROGRAM) {
      if (procedure === keepalive.ping) send({ ...message, procedure: keepalive.pong, body: EMPTY });
      return;
    }
    // Events and streams that nobody asked for.
    if (program === REMOTE_PROGRAM && type !== messageType.reply) return;
    if (program !== REMOTE_PROGRAM || version !== PROTOCOL_VERSION || serial === 0 || serial > lastSerial) {
      throw foreign(message, lastSerial);
    }
    const call = pending.get(serial); // none: its deadline has passed
    pending.delete(serial);
    call?.settle(status === messageStatus.error ? errorOf(body) : body);
  }

  async function listen(): Promise<void> {
    try {
      for await (const message of readMessages(connection)) receive(message);
      finish(new Error(`libvirt closed the connection${whileAsked()}`));
    } catch (error) {
      if (error instanceof ParseError) finish(error);
      else finish(new Error(`the connection to libvirt broke${whileAsked()}: ${reasonOf(error)}`));
    }
  }

  function whileAsked(): string {
    const [call] = pending.values();
    return call ? ` while it was asked for ${call.what}` : "";
  }
  const listening = listen();

  return {
    async call({ number, what }, args, deadlineMs) {
      if (end) throw end;
      const serial = ++lastSerial;
      const outcome = await new Promise<Uint8Array | Error>((resolve) => {
        const timer = setTimeout(() => {
          pending.delete(serial);
          resolve(
            new LibvirtTimeoutError(`libvirt was asked for ${what} and did not answer within ${deadlineMs / 1000} s`),
          );
        }, deadlineMs).unref();
        const settle = (outcome: Uint8Array | Error) => {
          clearTimeout(timer);
          resolve(outcome);
        };
        pending.set(serial, { what, settle });
        send({
          program: REMOTE_PROGRAM,
          version: PROTOCOL_VERSION,
          procedure: number,
          type: messageType.call,
          serial,
          status: messageStatus.ok,
          body: args,
        });
      });
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    isOpen: () => end === undefined,
    close() {
      finish(new Error("the connection to libvirt was closed"));
      return void listening;
    },
  };
}

function errorOf(body: Uint8Array): LibvirtError {
  const { code, text } = decodeError(body);
  return new LibvirtError(code, text);
}

function foreign({ program, version, serial }: Message, lastSerial: number): ParseError {
  const expected = `program 0x${REMOTE_PROGRAM.toString(16)} version ${PROTOCOL_VERSION} and a serial from 1 to ${lastSerial}`;
  const found = `program 0x${program.toString(16)} version ${version} and serial ${serial}`;
  return new ParseError(`libvirt's answer: expected ${expected}, got ${found}`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
