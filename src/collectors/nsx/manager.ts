import { ParseError, ServerError } from "../../kernel/host.ts";
import type { Note } from "../collector.ts";
import { type Json, objectOf, parseObject } from "./json.ts";
import { isGoing, type Page, parsePage } from "./parse.ts";
import type { NsxSession } from "./session.ts";

/** One manager for the time of one reading. */
export interface Manager {
  /** @param path below the manager's URL @throws ServerError */
  object(path: string, kind: string): Promise<Json>;
  /**
   * All objects of a list, page by page, as records; those of another shape than documented are left out, with a note.
   * @param parse returns undefined for these @throws ServerError
   */
  list<T>(path: string, kind: string, parse: (value: unknown) => T | undefined): Promise<T[]>;
}

/** A page of these has a megabyte or two, which takes the event loop some 10 ms to parse. */
const PAGE_SIZE = 500;
/** NSX itself has no more objects of one type than these hold. */
const MAX_PAGES = 200;

const POLICY = "/policy/api/v1";

/** What the policy API calls a path, as a part of a URL. */
export function policyUrl(path: string): string {
  return POLICY + path.split("/").map(encodeURIComponent).join("/");
}

/** All objects that a query finds; the query is in NSX's own language. */
export function searchUrl(query: string): string {
  return `${POLICY}/search/query?query=${encodeURIComponent(query)}`;
}

/** An answer that cannot be read is the server's failure, as one that does not come is. */
function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ParseError) throw new ServerError("answer", error.message);
    throw error;
  }
}

export function createManager(session: NsxSession, signal: AbortSignal, note: Note): Manager {
  async function object(path: string, kind: string): Promise<Json> {
    const text = await session.get(path, kind, signal);
    return readable(() => parseObject(kind, text));
  }

  async function* pages(path: string, kind: string): AsyncGenerator<Page> {
    const first = `${path}${path.includes("?") ? "&" : "?"}page_size=${PAGE_SIZE}`;
    let next = first;
    let total = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let pageNumber = 1; ; pageNumber++) {
      const answer = await object(next, kind);
      const page = readable(() => parsePage(kind, answer));
      yield page;
      count += page.objects.length;
      total = page.total ?? total;
      // The last page of a search may have a cursor too.
      if (page.cursor === undefined || page.objects.length === 0 || count >= total) return;
      const following = `${first}&cursor=${encodeURIComponent(page.cursor)}`;
      if (following === next)
        throw new ServerError("answer", `${kind}: expected a new cursor, found the last one again`);
      if (pageNumber === MAX_PAGES) {
        note(`${kind}: only the first ${count} are read`);
        return;
      }
      next = following;
    }
  }

  return {
    object,
    async list(path, kind, parse) {
      const records = [];
      // What changes meanwhile may come on two pages.
      const seen = new Set<unknown>();
      let odd = 0;
      for await (const page of pages(path, kind)) {
        for (const value of page.objects) {
          const ownPath = objectOf(value)?.["path"];
          if (isGoing(value) || (ownPath !== undefined && seen.has(ownPath))) continue;
          seen.add(ownPath);
          const record = parse(value);
          if (record === undefined) odd++;
          else records.push(record);
        }
      }
      if (odd > 0) note(`${kind}: ${odd} left out, which are not as documented`);
      return records;
    },
  };
}
