import { ServerError } from "../../kernel/host.ts";
import { childOf, childrenOf } from "../xml-tree.ts";
import { isFault, type VimClient } from "./client.ts";
import { group, type ObjectRef, ref, tag } from "./soap.ts";
import { textAt, type XmlElement } from "./xml.ts";

const serviceInstance: ObjectRef = { kind: "ServiceInstance", id: "ServiceInstance" };

/** A login, and the objects through which everything else is asked. */
export interface VimSession {
  readonly product: string;
  readonly version: string;
  readonly build: string;
  readonly rootFolder: ObjectRef;
  readonly propertyCollector: ObjectRef;
  readonly viewManager: ObjectRef;
  readonly performanceManager: ObjectRef;
  /** Undefined where the server keeps no events. */
  readonly eventManager: ObjectRef | undefined;
  readonly sessionManager: ObjectRef;
}

function refOf(element: XmlElement | undefined): ObjectRef | undefined {
  const id = element?.text.trim() ?? "";
  return element?.kind === undefined || id === "" ? undefined : { kind: element.kind, id };
}

function managerOf(content: XmlElement, name: string): ObjectRef {
  const manager = refOf(childOf(content, name));
  if (manager) return manager;
  throw new ServerError("answer", `its service has no ${name}: is this a vCenter or an ESXi host?`);
}

/** What a refused login means; nothing of it repeats the password. */
function loginProblem(error: unknown, username: string): unknown {
  if (isFault(error, "InvalidLogin")) {
    return new ServerError("credentials", `it refuses the login of ${username}: mend username or the password`);
  }
  if (isFault(error, "NoPermission")) {
    return new ServerError("privilege", `${username} has no role there: give it the role Read-only, with its children`);
  }
  return error;
}

/** Ids of the performance counters by name, such as cpu.ready.summation; every server has its own. @throws ServerError, VimFault */
export async function askCounters(client: VimClient, session: VimSession): Promise<ReadonlyMap<string, number>> {
  const { performanceManager: manager, propertyCollector } = session;
  const ids = new Map<string, number>();
  const spec = group(
    "specSet",
    group("propSet", tag("type", manager.kind), tag("pathSet", "perfCounter")),
    group("objectSet", ref("obj", manager)),
  );
  const wanted = new Set(["PerfCounterInfo"]);
  await client.call("RetrievePropertiesEx", propertyCollector, [spec, "<options/>"], wanted, (counter) => {
    const names = [
      textAt(counter, "groupInfo", "key"),
      textAt(counter, "nameInfo", "key"),
      textAt(counter, "rollupType"),
    ];
    const id = Number(textAt(counter, "key"));
    if (Number.isInteger(id)) ids.set(names.join("."), id);
  });
  return ids;
}

/** @throws ServerError, VimFault */
export async function login(client: VimClient, username: string, password: string): Promise<VimSession> {
  const [content] = await client.ask("RetrieveServiceContent", serviceInstance);
  if (!content) throw new ServerError("answer", "it does not say what it is: is this the URL of a vCenter's /sdk?");
  const sessionManager = managerOf(content, "sessionManager");
  try {
    await client.ask("Login", sessionManager, tag("userName", username), tag("password", password));
  } catch (error) {
    throw loginProblem(error, username);
  }
  const about = childOf(content, "about");
  return {
    product: textAt(about, "name") ?? "",
    version: textAt(about, "version") ?? "",
    build: textAt(about, "build") ?? "",
    rootFolder: managerOf(content, "rootFolder"),
    propertyCollector: managerOf(content, "propertyCollector"),
    viewManager: managerOf(content, "viewManager"),
    performanceManager: managerOf(content, "perfManager"),
    eventManager: refOf(childOf(content, "eventManager")),
    sessionManager,
  };
}

export function logout(client: VimClient, { sessionManager }: VimSession): Promise<unknown> {
  return client.ask("Logout", sessionManager);
}

/** The reference that a call returned. @throws ServerError */
export function returnedRef(method: string, answer: readonly XmlElement[]): ObjectRef {
  const returned = refOf(answer[0]);
  if (returned) return returned;
  throw new ServerError("answer", `its answer to ${method} names no object`);
}

/** References in an array, such as the hosts of a view. */
export function refsIn(element: XmlElement | undefined, name: string): readonly ObjectRef[] {
  return childrenOf(element, name).flatMap((child) => refOf(child) ?? []);
}
