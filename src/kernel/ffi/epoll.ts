import { readFileSync } from "node:fs";
import { errnoName, lastErrno, libc, nativeBytes } from "./libc.ts";
import { close } from "./socket.ts";

const epollCreate: (flags: number) => number = libc.func("int epoll_create1(int)");
const epollControl: (epoll: number, operation: number, fd: number, event: Uint8Array) => number = libc.func(
  "int epoll_ctl(int, int, int, void *)",
);
const epollWait: (epoll: number, events: Uint8Array, count: number, milliseconds: number) => number = libc.func(
  "int epoll_wait(int, void *, int, int)",
);

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLOUT = 0x4;
const EPOLLERR = 0x8;
/** struct epoll_event is packed on x86-64 alone (EPOLL_PACKED in linux/eventpoll.h): 32 bits of events, 64 bits of our own. */
const EVENT_WORDS = process.arch === "x64" ? 3 : 4;
const DATA_WORD = EVENT_WORDS - 2;

/** Sockets that one look tells at most. */
export const EPOLL_BATCH = 64;

/** Tells which of many sockets are connected, or failed to be. A socket that is closed is watched no more. */
export class Epoll {
  readonly fd: number;
  private readonly events: Buffer<ArrayBuffer>;
  private readonly words: Uint32Array;
  private readonly request: Buffer<ArrayBuffer>;
  private readonly requestWords: Uint32Array;

  constructor() {
    this.fd = epollCreate(EPOLL_CLOEXEC);
    if (this.fd < 0) throw new Error(`epoll_create1: ${errnoName(lastErrno())}`);
    this.events = nativeBytes(EPOLL_BATCH * EVENT_WORDS * 4);
    this.words = new Uint32Array(this.events.buffer);
    this.request = nativeBytes(EVENT_WORDS * 4);
    this.requestWords = new Uint32Array(this.request.buffer);
    this.requestWords[0] = EPOLLOUT;
  }

  /**
   * Watches a connection that is being made.
   * @param id 32 bits that `idOf` gives back
   * @returns false where the kernel refuses
   */
  watch(fd: number, id: number): boolean {
    this.requestWords[DATA_WORD] = id;
    return epollControl(this.fd, EPOLL_CTL_ADD, fd, this.request) === 0;
  }

  /** Asks which are ready, without waiting. @returns how many; EPOLL_BATCH: there may be more */
  poll(): number {
    const ready = epollWait(this.fd, this.events, EPOLL_BATCH, 0);
    if (ready < 0) throw new Error(`epoll_wait: ${errnoName(lastErrno())}`);
    return ready;
  }

  idOf(i: number): number {
    return this.words[i * EVENT_WORDS + DATA_WORD] as number;
  }

  /** Does the i-th have an error, pending or in its error queue? */
  hasError(i: number): boolean {
    return ((this.words[i * EVENT_WORDS] as number) & EPOLLERR) !== 0;
  }
}

/**
 * Closes a descriptor of a thread that is no more, and if it is an epoll's, first all that it watches: connections are too many
 * and too short-lived for their thread to tell of each, but the kernel keeps the list (proc(5), fdinfo).
 */
export function closeWithWatched(fd: number): void {
  for (const [, watched] of fileInfo(fd).matchAll(/^tfd: +(\d+)/gm)) close(Number(watched));
  close(fd);
}

function fileInfo(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    return ""; // without /proc nobody knows
  }
}
