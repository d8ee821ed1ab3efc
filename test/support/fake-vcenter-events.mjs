import { isoTime } from "./fake-vcenter-performance.mjs";
import { childOf, childrenOf, derived, element, ref, textOf } from "./fake-vcenter-xml.mjs";

/** What a type is besides itself, as far as filters name it. */
const PARENTS = {
  DrsVmMigratedEvent: ["VmMigratedEvent", "VmEvent"],
  VmMigratedEvent: ["VmEvent"],
  VmBeingMigratedEvent: ["VmEvent"],
  VmBeingHotMigratedEvent: ["VmEvent"],
};

/** The events of a vCenter, oldest first, and collectors that read them. */
export function createEvents() {
  const events = [];
  let nextKey = 40_001;

  function isWanted(event, { since, until, types }) {
    const kinds = [event.type, ...(PARENTS[event.type] ?? [])];
    return (
      event.time >= since && event.time <= until && (types.length === 0 || types.some((type) => kinds.includes(type)))
    );
  }

  return {
    /**
     * @param {{ type: string, time: number | string, vm?: { id: string, name: string }, host?: { id: string, name: string },
     *   sourceHost?: { id: string, name: string }, task?: { descriptionId: string, state?: string }, message?: string }} event
     */
    post(event) {
      events.push({ ...event, time: Number(new Date(event.time)), key: nextKey });
      nextKey += 1;
    },

    /** Reads from the oldest event that its filter wants. */
    createCollector(filter) {
      const types = [...childrenOf(filter, "eventTypeId"), ...childrenOf(filter, "type")].map(({ text }) => text);
      const time = childOf(filter, "time");
      const since = Date.parse((time && textOf(time, "beginTime")) ?? "") || Number.NEGATIVE_INFINITY;
      const until = Date.parse((time && textOf(time, "endTime")) ?? "") || Number.POSITIVE_INFINITY;
      return { wanted: { since, until, types }, next: 0 };
    },

    read(collector, most) {
      const found = [];
      while (found.length < most && collector.next < events.length) {
        const event = events[collector.next];
        collector.next += 1;
        if (isWanted(event, collector.wanted)) found.push(event);
      }
      return found.map(eventXml).join("");
    },

    rewind(collector) {
      collector.next = 0;
    },

    skipAll(collector) {
      collector.next = events.length;
    },
  };
}

function hostArgument(host) {
  return host && { name: host.name, host: ref("HostSystem", host.id) };
}

function eventXml({ key, type, time, vm, host, sourceHost, task, message = "" }) {
  const info = task && {
    key: `task-${key}`,
    task: ref("Task", `task-${key}`),
    name: task.descriptionId.split(".")[1],
    descriptionId: task.descriptionId,
    entity: vm && ref("VirtualMachine", vm.id),
    entityName: vm?.name,
    state: task.state ?? "queued",
    cancelled: false,
    cancelable: true,
    reason: derived("TaskReasonUser", { userName: "VSPHERE.LOCAL\\Administrator" }),
    queueTime: isoTime(time),
    eventChainId: key,
  };
  const event = derived(type, {
    key,
    chainId: key,
    createdTime: isoTime(time),
    userName: "VSPHERE.LOCAL\\Administrator",
    datacenter: { name: "DC0", datacenter: ref("Datacenter", "datacenter-3") },
    host: hostArgument(host),
    vm: vm && { name: vm.name, vm: ref("VirtualMachine", vm.id) },
    fullFormattedMessage: message,
    info,
    template: task ? undefined : false,
    sourceHost: hostArgument(sourceHost),
  });
  return element("returnval", event);
}
