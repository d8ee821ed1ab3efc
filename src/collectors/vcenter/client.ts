import { ParseError, ServerError } from "../../kernel/host.ts";
import type { HttpAnswer, HttpClient } from "../../kernel/http.ts";
import { childOf } from "../xml-tree.ts";
import { readXml } from "./read-xml.ts";
import { envelope, type ObjectRef } from "./soap.ts";
import { textAt, type XmlElement } from "./xml.ts";

/** The server understood a call and refused it. */
export class VimFault extends Error {
  override readonly name = "VimFault";
  /** Such as NotAuthenticated, InvalidLogin, NoPermission, ManagedObjectNotFound. */
  readonly fault: string;
  readonly detail: XmlElement | undefined;
  constructor(method: string, fault: string, message: string, detail: XmlElement | undefined) {
    super(`${method}: ${fault}${message === "" ? "" : `: ${message}`}`);
    this.fault = fault;
    this.detail = detail;
  }
}

export function isFault(error: unknown, ...faults: readonly string[]): error is VimFault {
  return error instanceof VimFault && faults.includes(error.fault);
}

export interface VimClient {
  /**
   * One call of a method. @param parts its arguments as XML @param onElement gets each element of the answer that has one of
   * the wanted names, as it arrives
   * @throws VimFault, ServerError
   */
  call(
    method: string,
    self: ObjectRef,
    parts: readonly string[],
    wanted: ReadonlySet<string>,
    onElement: (element: XmlElement) => void,
  ): Promise<void>;
  /** The same for an answer of some `returnval`. */
  ask(method: string, self: ObjectRef, ...parts: readonly string[]): Promise<readonly XmlElement[]>;
  close(): void;
}

/** A page of a hundred machines is a megabyte or two. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_MESSAGE = 300;
const result = new Set(["returnval"]);
const SESSION = "vmware_soap_session";

function faultOf(method: string, fault: XmlElement): VimFault {
  const detail = childOf(fault, "detail")?.children[0];
  const name = detail?.type ?? detail?.name.replace(/Fault$/, "") ?? "Fault";
  return new VimFault(
    method,
    name,
    (textAt(fault, "faultstring") ?? "").slice(0, MAX_MESSAGE).replace(/\.$/, ""),
    detail,
  );
}

function sessionOf({ headers }: HttpAnswer): string | undefined {
  const cookies = headers["set-cookie"]?.map((cookie) => cookie.split(";")[0] ?? "") ?? [];
  return cookies.find((cookie) => cookie.startsWith(`${SESSION}=`));
}

/**
 * @param url of the SOAP service, with its path /sdk
 * @param signal ends calls; asked for at each, because a session outlives a reading
 */
export function createVimClient(
  http: HttpClient,
  url: string,
  timeoutSeconds: number,
  signal: () => AbortSignal,
): VimClient {
  let session: string | undefined;

  async function call(...[method, self, parts, wanted, onElement]: Parameters<VimClient["call"]>): Promise<void> {
    const answer = await http.ask(
      {
        method: "POST",
        url,
        headers: {
          "Content-Type": "text/xml; charset=utf-8",
          SOAPAction: '"urn:vim25/6.5"',
          ...(session !== undefined && { Cookie: session }),
        },
        body: envelope(method, self, parts),
        once: method === "Login",
        deadlineMs: 1000 * timeoutSeconds,
        maxBytes: MAX_ANSWER_BYTES,
      },
      signal(),
    );
    session = sessionOf(answer) ?? session;
    const isSoap = /xml/i.test(answer.headers["content-type"] ?? "");
    if (!isSoap || (answer.status !== 200 && answer.status !== 500)) {
      await discard(answer);
      throw statusProblem(answer.status, isSoap);
    }
    let fault: VimFault | undefined;
    try {
      const names = new Set([...wanted, "Fault"]);
      const take = (element: XmlElement) => {
        if (element.name === "Fault") fault = faultOf(method, element);
        else onElement(element);
      };
      await readXml(answer.body, names, take, "Envelope");
    } catch (error) {
      if (error instanceof ParseError)
        throw new ServerError("answer", `its answer to ${method} cannot be read: ${error.message}`);
      throw error;
    }
    if (fault) throw fault;
    if (answer.status !== 200) throw statusProblem(answer.status, isSoap);
  }

  return {
    call,
    async ask(method, self, ...parts) {
      const elements: XmlElement[] = [];
      await call(method, self, parts, result, (element) => elements.push(element));
      return elements;
    },
    close: () => http.close(),
  };
}

/** What is left of an answer that nobody wants; a connection with it could not be used again. */
async function discard({ body }: HttpAnswer): Promise<void> {
  for await (const _ of body) break;
}

function statusProblem(status: number, isSoap: boolean): ServerError {
  if (status === 503)
    return new ServerError("unreachable", "it answers with status 503: it is starting, or overloaded");
  if (status === 404) return new ServerError("answer", "it answers with status 404: the URL of a vCenter ends in /sdk");
  if (status === 401 || status === 403) {
    return new ServerError("credentials", `it answers with status ${status}: a proxy before it wants a login`);
  }
  if (status >= 300 && status < 400) {
    return new ServerError("answer", `it redirects (status ${status}): write the last URL into the configuration`);
  }
  return new ServerError(
    "answer",
    isSoap
      ? `it answers with status ${status}: its log says why`
      : "its answer is not XML: is this the URL of a vCenter's /sdk?",
  );
}
