import { type Host, NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { guestMetrics as m } from "./metrics.ts";
import type { GuestOptions } from "./options.ts";
import { parseUuid } from "./parse.ts";

const DMI_UUID = "/sys/class/dmi/id/product_uuid";

export interface VmIdentity {
  /** Lower case; empty where it could not be read. */
  readonly vmUuid: string;
  /** Why the UUID is empty, and what would mend it; empty where there is nothing to say. */
  readonly detail: string;
}

/**
 * The UUID under which hypervisor and vCenter know this machine.
 * @throws ParseError where a file holds something else; SourceAbsentError, NotPermittedError for a `uuid_file` that was given
 */
export async function readVmIdentity(host: Host, options: GuestOptions): Promise<VmIdentity> {
  const file = options.uuid_file ?? DMI_UUID;
  try {
    return { vmUuid: parseUuid(file, await host.readText(file)), detail: "" };
  } catch (error) {
    if (options.uuid_file !== undefined) throw error;
    if (error instanceof NotPermittedError) {
      return { vmUuid: "", detail: `only root may read ${file}: give a copy of it as uuid_file` };
    }
    if (error instanceof SourceAbsentError) return { vmUuid: "", detail: `this machine has no ${file}` };
    throw error;
  }
}

export const guest = defineCollector({
  name: "guest",
  metrics: m,
  async collect(host, options: GuestOptions, _signal, note) {
    const { vmUuid, detail } = await readVmIdentity(host, options);
    const hypervisor = host.machine()?.hypervisor ?? "";
    if (vmUuid === "" && hypervisor === "")
      throw new SourceAbsentError(detail || "nothing tells which machine this is");
    if (detail !== "") note(detail);
    return [sample(m.info, { vm_uuid: vmUuid, hypervisor }, 1)];
  },
});
