import { ParseError, SourceAbsentError } from "../../kernel/host.ts";
import type { AnySample } from "../../metrics/define.ts";
import { defineSource, type Note } from "../collector.ts";
import { createDescriptions } from "./descriptions.ts";
import { libvirtMetrics as m } from "./metrics.ts";
import type { LibvirtOptions } from "./options.ts";
import { readMachines } from "./reading.ts";
import { type LibvirtSession, openSession } from "./session.ts";
import { socketsOf } from "./sockets.ts";
import { libvirtUriExpectation, parseLibvirtUri } from "./uri.ts";
import { openVirsh } from "./virsh.ts";

export const libvirt = defineSource({
  name: "libvirt",
  metrics: m,
  polling: () => ({ seconds: 5 }),
  open(host, { uri }: LibvirtOptions) {
    const descriptions = createDescriptions();
    let session: LibvirtSession | undefined;
    let closed = false;

    /** The session lasts from one reading to the next, until something goes wrong. */
    async function openOnce(): Promise<LibvirtSession> {
      const target = parseLibvirtUri(uri);
      if (!target) throw new Error(`libvirt.uri: ${libvirtUriExpectation}, got ${uri}`);
      if (session?.isOpen()) return session;
      session = await openSession(host, target, await socketsOf(host, target));
      if (closed) session.close();
      return session;
    }

    async function askLibvirt(signal: AbortSignal, note: Note): Promise<readonly AnySample[]> {
      const end = () => session?.close();
      signal.addEventListener("abort", end, { once: true });
      try {
        return await readMachines(host, uri, await openOnce(), descriptions, note);
      } catch (error) {
        end();
        throw error;
      } finally {
        signal.removeEventListener("abort", end);
      }
    }

    async function askVirsh(problem: ParseError, signal: AbortSignal, note: Note): Promise<readonly AnySample[]> {
      note(`${problem.message}; virsh is asked instead`);
      try {
        return await readMachines(host, uri, openVirsh(host, uri, signal), descriptions, note);
      } catch (error) {
        if (error instanceof SourceAbsentError) throw new Error(`${problem.message}; and ${error.message}`);
        throw error;
      }
    }

    return {
      async read(signal, note) {
        try {
          return await askLibvirt(signal, note);
        } catch (error) {
          if (error instanceof ParseError) return askVirsh(error, signal, note);
          throw error;
        }
      },
      close() {
        closed = true;
        session?.close();
      },
    };
  },
});
