import { readdirSync, readFileSync } from "node:fs";
import { libc, nativeBytes } from "../../kernel/ffi/libc.ts";

/** As the kernel keeps it: 15 characters at most. */
const NAME = "virtloss-stops";
const TASKS = "/proc/self/task";
/** The least that every architecture grants (arm64), and too little for a huge page. */
const STACK_BYTES = 128 << 10;
const SIG_SETMASK = 2;

type Pointer = bigint | Uint8Array | null;
const pause: bigint = libc.symbol("pause");
const createThread: (thread: Pointer, attributes: Pointer, start: bigint, argument: Pointer) => number = libc.func(
  "int pthread_create(void *, void *, void *, void *)",
);
const setName: (thread: bigint, name: string) => number = libc.func("int pthread_setname_np(uintptr_t, const char *)");
const initAttributes: (attributes: Pointer) => number = libc.func("int pthread_attr_init(void *)");
const setStackSize: (attributes: Pointer, bytes: number) => number = libc.func(
  "int pthread_attr_setstacksize(void *, size_t)",
);
const setSignalMask: (how: number, set: Pointer, old: Pointer) => number = libc.func(
  "int pthread_sigmask(int, void *, void *)",
);

/**
 * Makes a thread that waits for ever with all signals blocked, or finds the one that was made before. The kernel runs such a
 * thread for one reason only: to stop it with its process (SIGSTOP, a debugger, the freezer) and to let it go on. So its
 * count of runs tells of every stop, which nothing else does from inside; it costs some kilobytes and no CPU time.
 * @returns its directory under /proc; undefined where the kernel grants no thread or hides it
 */
export function standSentinel(): string | undefined {
  return find() ?? (create() ? find() : undefined);
}

function find(): string | undefined {
  try {
    const task = readdirSync(TASKS).find((id) => nameOf(id) === NAME);
    return task && `${TASKS}/${task}`;
  } catch {
    return undefined;
  }
}

/** Threads may end while they are listed. */
function nameOf(task: string): string | undefined {
  try {
    return readFileSync(`${TASKS}/${task}/comm`, "latin1").trim();
  } catch {
    return undefined;
  }
}

/** `pause` is the whole thread: it never returns, since no signal reaches it. */
function create(): boolean {
  const everySignal = nativeBytes(128).fill(0xff);
  const before = nativeBytes(128);
  const attributes = nativeBytes(128);
  const thread = nativeBytes(8);
  initAttributes(attributes);
  setStackSize(attributes, STACK_BYTES);
  setSignalMask(SIG_SETMASK, everySignal, before);
  const error = createThread(thread, attributes, pause, null);
  setSignalMask(SIG_SETMASK, before, null);
  return error === 0 && setName(thread.readBigUInt64LE(), NAME) === 0;
}
