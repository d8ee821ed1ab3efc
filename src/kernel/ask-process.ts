import { type ChildProcess, fork } from "node:child_process";

/** A process of ours did not start, or ended before it answered: killed, out of memory, or a fault of its own, told on stderr. */
export class ProcessEndedError extends Error {
  override readonly name = "ProcessEndedError";
}

/** A process that hangs, as on a file system that does not answer, must not hold up every later question. */
const LONGEST_MS = 60_000;

/**
 * Asks a module of ours one question in a process of its own, which takes all its memory along when it ends; a thread would
 * leave holes in ours. Question and answer are data that structured clone takes, but no handles: KeyObjects do not arrive.
 * @param module answers with `answerParent`
 * @throws ProcessEndedError where it could not start, or ended without an answer, after a minute at the latest
 */
export function askProcess(module: URL, question: unknown): Promise<unknown> {
  const name = `the process of ${module.pathname.split("/").at(-1)}`;
  return new Promise((resolve, reject) => {
    const child = start(module, name);
    child.once("message", resolve);
    child.on("error", ({ message }) => reject(new ProcessEndedError(`${name} cannot be started: ${message}`)));
    // Unlike "exit", this comes after the last message.
    child.once("close", (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      reject(new ProcessEndedError(`${name} ended ${how}, without an answer`));
    });
    child.send({ question });
  });
}

/** @throws ProcessEndedError where the machine has no process or memory for it: Node throws some such errors at once */
function start(module: URL, name: string): ChildProcess {
  try {
    return fork(module, {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // In a group of its own: a signal that a terminal or supervisor sends to ours is for us.
      detached: true,
      // Flags that keep our heap small would only make it slow.
      execArgv: [],
      timeout: LONGEST_MS,
      killSignal: "SIGKILL",
    });
  } catch (error) {
    throw new ProcessEndedError(`${name} cannot be started: ${(error as Error).message}`);
  }
}

/** In the process that askProcess started: hears the question, answers it, and ends. */
export function answerParent(answer: (question: unknown) => Promise<unknown>): void {
  process.once("message", async (message: { readonly question: unknown }) => {
    process.send?.(await answer(message.question), () => process.disconnect());
  });
}
