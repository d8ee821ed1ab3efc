import { chooseHosts, type HostChoice, readsAllHosts } from "./choice.ts";
import { isFault, type VimClient } from "./client.ts";
import { createInventory, type Inventory } from "./inventory.ts";
import { type Kind, parseObjectUpdate, readers } from "./parse.ts";
import { returnedRef, type VimSession } from "./session.ts";
import { group, type ObjectRef, ref, tag } from "./soap.ts";
import { flagAt } from "./xml.ts";

/** Of one page of updates; a hundred machines are a megabyte or two. */
const OBJECTS_AT_ONCE = 100;
const wanted = new Set(["version", "objectSet", "truncated"]);

/** The configuration of a server as of the last look at it. */
export interface Watch {
  readonly inventory: Inventory;
  /** Ids of the hosts that are read; undefined: all. */
  readonly chosen: ReadonlySet<string> | undefined;
  /** Privileges for want of which properties are missing. */
  readonly missingPrivileges: ReadonlySet<string>;
  /** Fetches what has changed. @throws VimFault, ServerError */
  update(): Promise<void>;
}

function propSet(kind: Kind): string {
  const paths = Object.keys(readers[kind]).map((path) => tag("pathSet", path));
  return group("propSet", tag("type", kind), ...paths);
}

function traversal(kind: string, path: string, ...more: readonly string[]): string {
  return (
    '<selectSet xsi:type="TraversalSpec">' +
    `${tag("name", `${kind}.${path}`)}${tag("type", kind)}${tag("path", path)}${tag("skip", more.length > 0)}${more.join("")}</selectSet>`
  );
}

/** A filter on what `start` leads to. */
function filterSpec(kinds: readonly Kind[], start: ObjectRef, way: string): string {
  return group("spec", ...kinds.map(propSet), group("objectSet", ref("obj", start), tag("skip", true), way));
}

/**
 * Starts watching what a session sees. Machines of all hosts are found through the folders, so that hosts that the user must
 * not see hide none; those of some hosts are found through these hosts, so that a migration needs nobody's notice.
 * @param onSnapshot hears of each machine of which a snapshot was taken or removed
 * @throws VimFault, ServerError
 */
export async function watchObjects(
  client: VimClient,
  session: VimSession,
  choice: HostChoice,
  onSnapshot: (vm: string) => void,
): Promise<Watch> {
  const { propertyCollector, viewManager, rootFolder } = session;
  const inventory = createInventory();
  const missingPrivileges = new Set<string>();
  const kinds = (Object.keys(readers) as Kind[]).filter((kind) => kind !== "VirtualMachine" || readsAllHosts(choice));
  let version = "";
  let chosen: ReadonlySet<string> | undefined;
  let chosenView: ObjectRef | undefined;

  async function createFilter(spec: string): Promise<void> {
    await client.ask("CreateFilter", propertyCollector, spec, tag("partialUpdates", false));
  }

  async function createView(method: string, ...parts: readonly string[]): Promise<ObjectRef> {
    return returnedRef(method, await client.ask(method, viewManager, ...parts));
  }

  const everything = await createView(
    "CreateContainerView",
    ref("container", rootFolder),
    ...kinds.map((kind) => tag("type", kind)),
    tag("recursive", true),
  );
  await createFilter(filterSpec(kinds, everything, traversal("ContainerView", "view")));

  /** One page of updates. @returns whether there are more */
  async function page(): Promise<boolean> {
    let truncated = false;
    const options = group("options", tag("maxWaitSeconds", 0), tag("maxObjectUpdates", OBJECTS_AT_ONCE));
    await client.call("WaitForUpdatesEx", propertyCollector, [tag("version", version), options], wanted, (element) => {
      if (element.name === "version") version = element.text.trim();
      else if (element.name === "truncated") truncated = flagAt(element) === true;
      else {
        const update = parseObjectUpdate(element);
        if (!update) return;
        const before = inventory.VirtualMachine.get(update.id);
        inventory.apply(update);
        const after = inventory.VirtualMachine.get(update.id);
        if (before && after && before.snapshot !== after.snapshot) onSnapshot(update.id);
        for (const privilege of update.missingPrivileges) missingPrivileges.add(privilege);
      }
    });
    return truncated;
  }

  async function pages(): Promise<void> {
    while (await page());
  }

  /** The hosts whose machines are asked for, as the inventory has them now. */
  async function followHosts(): Promise<void> {
    if (readsAllHosts(choice)) return;
    const hosts = chooseHosts(choice, inventory);
    const unchanged = chosen !== undefined && hosts.size === chosen.size && [...hosts].every((id) => chosen?.has(id));
    if (unchanged) return;
    const refs = [...hosts].map((id) => ({ kind: "HostSystem", id }));
    if (chosenView) await client.ask("ResetListView", chosenView, ...refs.map((host) => ref("obj", host)));
    else {
      chosenView = await createView("CreateListView", ...refs.map((host) => ref("obj", host)));
      const way = traversal("ListView", "view", traversal("HostSystem", "vm"));
      await createFilter(filterSpec(["VirtualMachine"], chosenView, way));
    }
    chosen = hosts;
    await pages();
  }

  return {
    inventory,
    get chosen() {
      return chosen;
    },
    missingPrivileges,
    async update() {
      await pages();
      await followHosts();
    },
  };
}

/** Faults after which a session has to begin anew: it ended, or the server has forgotten what it kept for it. */
export function isForgotten(error: unknown): boolean {
  return isFault(error, "NotAuthenticated", "InvalidCollectorVersion", "ManagedObjectNotFound");
}
