import { chooseHosts, type HostChoice, readsAllHosts } from "./choice.ts";
import { isFault, type VimClient } from "./client.ts";
import { createInventory, type Inventory } from "./inventory.ts";
import { type Kind, type ObjectUpdate, parseObjectUpdate, readers } from "./parse.ts";
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
  missingPrivileges(): ReadonlySet<string>;
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

/** Puts a filter on a property collector. @returns what fetches all that has changed since the last call, in pages */
async function follow(
  client: VimClient,
  collector: ObjectRef,
  spec: string,
  onUpdate: (update: ObjectUpdate) => void,
): Promise<() => Promise<void>> {
  let version = "";
  await client.ask("CreateFilter", collector, spec, tag("partialUpdates", false));

  /** @returns whether there are more */
  async function page(): Promise<boolean> {
    let truncated = false;
    let next = version;
    const options = group("options", tag("maxWaitSeconds", 0), tag("maxObjectUpdates", OBJECTS_AT_ONCE));
    await client.call("WaitForUpdatesEx", collector, [tag("version", version), options], wanted, (element) => {
      if (element.name === "version") next = element.text.trim();
      else if (element.name === "truncated") truncated = flagAt(element) === true;
      else {
        const update = parseObjectUpdate(element);
        if (update) onUpdate(update);
      }
    });
    // Not before the whole page is here: half of it would be asked for again, and be the same.
    version = next;
    return truncated;
  }
  return async () => {
    while (await page());
  };
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
  /** By object, then by property. */
  const missing = new Map<string, Map<string, string>>();
  const kinds = (Object.keys(readers) as Kind[]).filter((kind) => kind !== "VirtualMachine" || readsAllHosts(choice));
  let chosen: ReadonlySet<string> | undefined;
  let machines: { readonly view: ObjectRef; fetch(): Promise<void> } | undefined;

  async function createView(method: string, ...parts: readonly string[]): Promise<ObjectRef> {
    return returnedRef(method, await client.ask(method, viewManager, ...parts));
  }

  function apply(update: ObjectUpdate): void {
    const before = inventory.VirtualMachine.get(update.id);
    inventory.apply(update);
    const after = inventory.VirtualMachine.get(update.id);
    if (before && after && before.snapshot !== after.snapshot) onSnapshot(update.id);
    const ofObject = update.change === "modified" ? (missing.get(update.id) ?? new Map()) : new Map();
    for (const path of update.paths) ofObject.delete(path);
    for (const { path, privilege } of update.missing) ofObject.set(path, privilege);
    if (ofObject.size > 0) missing.set(update.id, ofObject);
    else missing.delete(update.id);
  }

  const everything = await createView(
    "CreateContainerView",
    ref("container", rootFolder),
    ...kinds.map((kind) => tag("type", kind)),
    tag("recursive", true),
  );
  const fetchAll = await follow(
    client,
    propertyCollector,
    filterSpec(kinds, everything, traversal("ContainerView", "view")),
    apply,
  );

  /** The hosts whose machines are asked for, as the inventory has them now. A collector of their own: it begins later. */
  async function fetchMachines(): Promise<void> {
    const hosts = chooseHosts(choice, inventory);
    const changed = hosts.size !== chosen?.size || [...hosts].some((id) => !chosen?.has(id));
    chosen = hosts;
    const refs = [...hosts].map((id) => ref("obj", { kind: "HostSystem", id }));
    if (machines && changed) await client.ask("ResetListView", machines.view, ...refs);
    if (!machines) {
      const view = await createView("CreateListView", ...refs);
      const created = await client.ask("CreatePropertyCollector", propertyCollector);
      const way = traversal("ListView", "view", traversal("HostSystem", "vm"));
      const spec = filterSpec(["VirtualMachine"], view, way);
      const fetch = await follow(client, returnedRef("CreatePropertyCollector", created), spec, apply);
      machines = { view, fetch };
    }
    await machines.fetch();
  }

  return {
    inventory,
    get chosen() {
      return chosen;
    },
    missingPrivileges: () => new Set([...missing.values()].flatMap((ofObject) => [...ofObject.values()])),
    async update() {
      await fetchAll();
      if (!readsAllHosts(choice)) await fetchMachines();
    },
  };
}

/** Faults after which a session has to begin anew: it ended, or the server has forgotten what it kept for it. */
export function isForgotten(error: unknown): boolean {
  return isFault(error, "NotAuthenticated", "InvalidCollectorVersion", "ManagedObjectNotFound");
}
