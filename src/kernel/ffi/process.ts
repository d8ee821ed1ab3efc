import { libc } from "./libc.ts";

const execve: (file: string, argv: (string | null)[], env: (string | null)[]) => number = libc.func(
  "int execve(const char *file, const char **argv, const char **env)",
);
const fcntl: (fd: number, command: number, type: "int", value: number) => number = libc.func(
  "int fcntl(int fd, int command, ...)",
);

const F_SETFD = 2;
const STANDARD_STREAMS = [0, 1, 2];

/**
 * Becomes another program in the same process: same pid, same standard streams, so that whoever started us notices nothing.
 * @returns only where the kernel refused; then everything is as before
 */
export function becomeProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  // Node marks them to be closed on exec, and a Node that starts without them has /dev/null in their place.
  for (const fd of STANDARD_STREAMS) fcntl(fd, F_SETFD, "int", 0);
  execve(file, [file, ...args, null], [...environment, null]);
}

/** Gives pages that malloc holds without need back to the kernel. Only glibc hoards, and only glibc has the call. */
export function returnFreeMemory(): void {
  mallocTrim()?.(0);
}

function mallocTrim(): ((keepBytes: number) => number) | undefined {
  try {
    return libc.func("int malloc_trim(size_t)");
  } catch {
    return undefined; // musl; to ask process.report which C library this is takes 5 ms
  }
}
