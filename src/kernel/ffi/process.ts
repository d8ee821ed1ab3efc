import { libc } from "./libc.ts";

const execve: (file: string, argv: (string | null)[], env: (string | null)[]) => number = libc.func(
  "int execve(const char *file, const char **argv, const char **env)",
);

/**
 * Becomes another program in the same process: same pid, same standard streams, so that whoever started us notices nothing.
 * @returns only where the kernel refused; then everything is as before
 */
export function becomeProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  execve(file, [file, ...args, null], [...environment, null]);
}

/** Gives pages that malloc holds without need back to the kernel. Only glibc hoards, and only glibc has the call. */
export function returnFreeMemory(): void {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (report.header?.glibcVersionRuntime) libc.func("int malloc_trim(size_t)")(0);
}
