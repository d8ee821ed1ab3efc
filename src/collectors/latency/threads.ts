import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { machineName, parseQemuCommandLine } from "../../vm/qemu-command-line.ts";
import { isQemuName, type ThreadRole, threadRole, vhostOwner } from "../../vm/qemu-threads.ts";

/** A thread that works for a virtual machine. */
export interface MachineThread {
  readonly threadId: number;
  readonly vm: string;
  readonly vmUuid: string;
  readonly role: string;
}

/** So many files are read at once: a host has thousands of processes. */
const AT_ONCE = 32;

/** Threads of all QEMU processes. */
export async function findThreads(host: Host): Promise<MachineThread[]> {
  const pids = (await host.list("/proc")).filter((name) => /^\d+$/.test(name));
  const names = await namesOf(host, pids, (pid) => `/proc/${pid}/comm`);
  const machines = [...names].filter(([, comm]) => isQemuName(comm));
  const threads: MachineThread[] = [];
  for (const [pid] of machines) {
    // On older kernels threads of vhost are processes that bear the number of theirs.
    const helpers = [...names].filter(([, comm]) => vhostOwner(comm) === pid).map(([helper]) => helper);
    threads.push(...(await threadsOf(host, pid, helpers)));
  }
  return threads;
}

/** `vcpu0`, `vhost`, `iothread`, `emulator`: the last one is the main thread, which carries packets where vhost does not. */
function roleName(role: ThreadRole): string | undefined {
  if (role === undefined) return undefined;
  return "vcpu" in role ? `vcpu${role.vcpu}` : role.thread;
}

async function threadsOf(host: Host, pid: string, helpers: readonly string[]): Promise<MachineThread[]> {
  const tasks = `/proc/${pid}/task`;
  const commandLine = await unlessGone(() => host.readText(`/proc/${pid}/cmdline`));
  const ids = await unlessGone(() => host.list(tasks));
  if (commandLine === undefined || ids === undefined) return [];
  const machine = parseQemuCommandLine(commandLine);
  const names = await namesOf(host, ids, (id) => `${tasks}/${id}/comm`);
  const roles = [
    ...[...names].map(([id, comm]) => ({ id, role: roleName(threadRole(comm, id === pid)) })),
    ...helpers.map((id) => ({ id, role: "vhost" })),
  ];
  return roles.flatMap(({ id, role }) =>
    role === undefined ? [] : [{ threadId: Number(id), vm: machineName(pid, machine), vmUuid: machine.uuid, role }],
  );
}

async function namesOf(host: Host, ids: readonly string[], path: (id: string) => string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const some = ids.slice(i, i + AT_ONCE);
    const read = await Promise.all(some.map((id) => unlessGone(() => host.readText(path(id)))));
    some.forEach((id, at) => {
      const comm = read[at];
      if (comm !== undefined) names.set(id, comm);
    });
  }
  return names;
}

/** Processes end between two reads. */
async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (error instanceof SourceAbsentError || code === "ESRCH") return undefined;
    throw error;
  }
}
