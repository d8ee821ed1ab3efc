import { type Host, ServerError, SourceAbsentError } from "../../kernel/host.ts";
import type { AnySample } from "../../metrics/define.ts";
import { defineSource, type Note } from "../collector.ts";
import { loginGateOf } from "../login-backoff.ts";
import { openClient, readPassword } from "../server-login.ts";
import { createVimClient, isFault, type VimClient, VimFault } from "./client.ts";
import { hostCounters, vmCounters } from "./counters.ts";
import { createVmEvents } from "./events.ts";
import { isRunning } from "./machines.ts";
import { vcenterMetrics } from "./metrics.ts";
import type { VcenterOptions } from "./options.ts";
import { absentCounters, createPerformance, type Entity } from "./performance.ts";
import { vcenterSamples } from "./samples.ts";
import { askCounters, login, logout, type VimSession } from "./session.ts";
import { isForgotten, type Watch, watchObjects } from "./updates.ts";

/** A reading of 5,000 machines takes a minute at worst, the first one. */
const DEADLINE_SECONDS = 180;
const LOGOUT_MS = 1000;
/** Intervals without a sample after which nothing is said any more. */
const FORGOTTEN_INTERVALS = 6;

/** What lasts from one reading to the next as long as the server remembers the login. */
interface Connection {
  readonly client: VimClient;
  readonly session: VimSession;
  readonly counterIds: ReadonlyMap<string, number>;
  readonly watch: Watch;
}

function entitiesOf({ inventory, chosen }: Watch): Entity[] {
  const machines = [...inventory.VirtualMachine].filter(([, object]) => isRunning(object));
  const hosts = [...inventory.HostSystem].filter(
    ([id, { connectionState }]) => chosen?.has(id) !== false && connectionState === "connected",
  );
  return [
    // Machines of one host beside each other: the server asks their host for all of them.
    ...machines
      .sort(([, a], [, b]) => ((a.host ?? "") < (b.host ?? "") ? -1 : 1))
      .map(([id, { vcpus = 0, nics = [] }]) => ({
        ref: { kind: "VirtualMachine", id },
        counters: vmCounters,
        vcpus,
        nics: nics.map(({ key }) => key),
      })),
    ...hosts.map(([id, { pnics = [] }]) => ({
      ref: { kind: "HostSystem", id },
      counters: hostCounters,
      vcpus: 0,
      nics: pnics.map(({ device }) => device),
    })),
  ];
}

/** A fault in words for whoever runs the exporter. */
function serverProblem(error: unknown): unknown {
  if (isFault(error, "NoPermission")) {
    return new ServerError(
      "privilege",
      `${error.message}: give the user the role Read-only at the root, with its children`,
    );
  }
  return error instanceof VimFault ? new ServerError("answer", error.message) : error;
}

function openVcenter(host: Host, options: VcenterOptions) {
  const { name: server, url, username, timeoutSeconds, intervalSeconds } = options;
  const monotonicMs = () => performance.now();
  const gate = loginGateOf(url, username, monotonicMs);
  const samples = createPerformance(1000 * FORGOTTEN_INTERVALS * intervalSeconds, monotonicMs);
  const events = createVmEvents(monotonicMs);
  let connection: Connection | undefined;
  let reading: AbortSignal = new AbortController().signal;

  /** Ends a login, as far as the server still knows it: it allows only so many. */
  function leave(client: VimClient, session: VimSession | undefined): void {
    if (!session) {
      client.close();
      return;
    }
    reading = AbortSignal.timeout(LOGOUT_MS);
    void logout(client, session)
      .catch(() => undefined)
      .finally(() => client.close());
  }

  function forget(): void {
    if (connection) leave(connection.client, connection.session);
    connection = undefined;
  }

  /** One attempt: an account that refuses is left alone for a while. */
  async function connect(): Promise<Connection> {
    const password = await readPassword(host, options);
    gate.check(password);
    const client = createVimClient(await openClient(host, options), url, timeoutSeconds, () => reading);
    let session: VimSession | undefined;
    try {
      session = await login(client, username, password);
      gate.accepted();
      const counterIds = await askCounters(client, session);
      const watch = await watchObjects(client, session, options, (vm) => events.happened(vm, "snapshot"));
      connection = { client, session, counterIds, watch };
      return connection;
    } catch (error) {
      if (error instanceof ServerError && error.reason === "credentials") gate.refused(password);
      leave(client, session);
      throw error;
    }
  }

  async function updateEvents(client: VimClient, session: VimSession, note: Note): Promise<void> {
    try {
      await events.update(client, session);
    } catch (error) {
      const ours = error instanceof VimFault || error instanceof ServerError;
      if (!ours || isForgotten(error)) throw error;
      note(`events are not read: ${error.message}`);
    }
  }

  async function readOnce(note: Note): Promise<readonly AnySample[]> {
    const { client, session, counterIds, watch } = connection ?? (await connect());
    await watch.update();
    await samples.update(client, session.performanceManager, counterIds, entitiesOf(watch), note);
    await updateEvents(client, session, note);
    const absent = absentCounters([...vmCounters, ...hostCounters], counterIds);
    if (absent.length > 0) note(`the server has no counters ${absent.join(", ")}`);
    const missing = watch.missingPrivileges();
    if (missing.size > 0) {
      note(`facts are missing for want of ${[...missing].join(", ")}: the role Read-only has them`);
    }
    return vcenterSamples({
      server,
      ...session,
      ...watch,
      chosen: watch.chosen,
      missingPrivileges: missing,
      performance: samples,
      events,
    });
  }

  return {
    async read(signal: AbortSignal, note: Note) {
      reading = signal;
      const known = connection !== undefined;
      try {
        return await readOnce(note);
      } catch (error) {
        if (!known || !isForgotten(error)) throw serverProblem(error);
      }
      forget();
      try {
        reading = signal;
        return await readOnce(note);
      } catch (error) {
        throw serverProblem(error);
      }
    },
    close: forget,
  };
}

export const vcenter = defineSource({
  name: "vcenter",
  metrics: vcenterMetrics,
  polling: (options: VcenterOptions | undefined) => ({
    seconds: options?.intervalSeconds ?? 60,
    deadlineSeconds: DEADLINE_SECONDS,
    rest: 1,
  }),
  open(host, options) {
    if (options) return openVcenter(host, options);
    return {
      async read() {
        throw new SourceAbsentError("no vCenter is configured");
      },
      close() {
        // Nothing is open.
      },
    };
  },
});
