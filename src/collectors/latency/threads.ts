import type { Host } from "../../kernel/host.ts";
import { machineName, parseQemuCommandLine } from "../../vm/qemu-command-line.ts";
import { type ThreadRole, threadRole } from "../../vm/qemu-threads.ts";
import { ifThere, nowIfThere } from "../files.ts";
import { trackProcesses } from "../qemu-processes.ts";

/** A thread that works for a virtual machine. */
export interface MachineThread {
  readonly threadId: number;
  readonly vm: string;
  readonly vmUuid: string;
  readonly role: string;
}

/** Finds the threads of all machines of QEMU, at each call. */
export function trackThreads(host: Host): () => Promise<MachineThread[]> {
  const find = trackProcesses(host);
  let round = 0;
  return async () => {
    round += 1;
    const { qemu, vhost } = await find(round);
    const threads: MachineThread[] = [];
    for (const pid of qemu) threads.push(...(await threadsOf(host, pid, vhost.get(pid) ?? [])));
    return threads;
  };
}

/** `vcpu0`, `vhost`, `iothread`, `emulator`: the last one is the main thread, which carries packets where vhost does not. */
function roleName(role: ThreadRole): string | undefined {
  if (role === undefined) return undefined;
  return "vcpu" in role ? `vcpu${role.vcpu}` : role.thread;
}

/** @param helpers of vhost, which on older kernels are processes. None of its own where it has ended meanwhile */
async function threadsOf(host: Host, pid: string, helpers: readonly string[]): Promise<MachineThread[]> {
  const tasks = `/proc/${pid}/task`;
  const commandLine = await ifThere(host.readText(`/proc/${pid}/cmdline`));
  const ids = await ifThere(host.list(tasks));
  if (commandLine === undefined || ids === undefined) return [];
  const machine = parseQemuCommandLine(commandLine);
  if (machine.machine === "none") return [];
  const own = ids.map((id) => {
    const comm = nowIfThere(() => host.readNow(`${tasks}/${id}/comm`));
    return { id, role: comm === undefined ? undefined : roleName(threadRole(comm, id === pid)) };
  });
  return [...own, ...helpers.map((id) => ({ id, role: "vhost" }))].flatMap(({ id, role }) =>
    role === undefined ? [] : [{ threadId: Number(id), vm: machineName(pid, machine), vmUuid: machine.uuid, role }],
  );
}
