const BAR_CELLS = 24;
const LINE_MS = 10_000;
const REDRAW_MS = 200;

/** What the operator sees on stderr while something takes long. */
export interface Progress {
  /** @param done part of the work, 0 to 1 @param text what is known so far */
  update(done: number, text: string): void;
  /** Takes the bar away; the result speaks now. */
  end(): void;
}

/** A bar that is redrawn on a terminal; elsewhere a line in ten seconds, so that logs stay short. */
export function createProgress(
  stream: NodeJS.WriteStream,
  nowMs: () => number,
  terminal: string | undefined = process.env["TERM"],
): Progress {
  const bar = stream.isTTY && terminal !== "dumb";
  let last = nowMs() - (bar ? REDRAW_MS : 0);
  let drawn = false;
  return {
    update(done, text) {
      const now = nowMs();
      if (now - last < (bar ? REDRAW_MS : LINE_MS)) return;
      last = now;
      const percent = `${Math.floor(done * 100)} %`;
      if (!bar) {
        stream.write(`${percent}: ${text}\n`);
        return;
      }
      const full = Math.round(done * BAR_CELLS);
      stream.write(`\r\x1b[K${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} ${percent}  ${text}`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write("\r\x1b[K");
    },
  };
}
