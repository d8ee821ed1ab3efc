import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { eventually } from "../servers.ts";

/** Commands in a guest, through a port of its own: they pass when its network does not. */
export interface GuestShell {
  /** @returns what it printed @throws Error with its output where it failed or took too long */
  run(command: string, seconds?: number): Promise<string>;
  close(): void;
}

/** Waits until the guest answers. @param path of the Unix socket that QEMU listens on */
export async function openGuestShell(path: string, seconds: number): Promise<GuestShell> {
  const socket = await eventually("a socket of the guest", 10, async () => {
    const socket = connect(path);
    await once(socket, "connect");
    return socket;
  });
  const waiting = new Map<string, (answer: { code: number; output: string }) => void>();
  socket.on("error", () => undefined); // what waits has a deadline
  createInterface({ input: socket }).on("line", (line) => {
    const [token = "", code, output = ""] = line.split(" ");
    waiting.get(token)?.({ code: Number(code), output: Buffer.from(output, "base64").toString() });
    waiting.delete(token);
  });

  let last = 0;
  const ask = (command: string, seconds: number) => {
    const token = String(++last);
    return new Promise<string>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`the guest did not answer in ${seconds} s: ${command}`)),
        seconds * 1000,
      );
      waiting.set(token, ({ code, output }) => {
        clearTimeout(late);
        if (code === 0) resolve(output);
        else reject(new Error(`${command}: exit ${code} in the guest\n${output}`));
      });
      socket.write(`${token} ${Buffer.from(command).toString("base64")}\n`);
    });
  };
  // What is sent before the guest has opened its end stays in the port; the one question is enough.
  await ask("true", seconds);
  return { run: (command, seconds = 30) => ask(command, seconds), close: () => socket.destroy() };
}
