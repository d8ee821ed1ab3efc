import { SaxesParser } from "saxes";
import { ParseError } from "../../kernel/host.ts";
import { elementAt, MAX_DEPTH, type OpenNode, type XmlNode } from "../xml-tree.ts";

/** An element of an answer; names are without prefix, which every server chooses for itself. */
export interface XmlElement extends XmlNode<XmlElement> {
  /** Of a managed object: its kind. The attribute `type` that belongs to no namespace. */
  readonly kind: string | undefined;
  /** Of a data object: its class. The attribute `xsi:type`, whatever its prefix. */
  readonly type: string | undefined;
}

type OpenElement = OpenNode<XmlElement>;

/** Of one object; a machine with 60 disks has some 5,000. */
const MAX_ELEMENTS = 200_000;
/** Of one text; 180 samples are 5 kB. */
const MAX_TEXT = 1024 * 1024;

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function elementOf(name: string, attributes: Readonly<Record<string, string>>): OpenElement {
  let kind: string | undefined;
  let type: string | undefined;
  for (const attribute in attributes) {
    if (attribute === "type") kind = attributes[attribute];
    else if (attribute.endsWith(":type")) type = localName(attributes[attribute] ?? "");
  }
  return { name: localName(name), kind, type, children: [], text: "" };
}

/**
 * Reads a document piece by piece. Of it only elements of the wanted names are built, each handed over when it is whole, so
 * that an answer of many objects is never in memory at once.
 * @param root what the document has to be; anything where undefined
 * @returns what takes the next piece, and what ends the document; both throw ParseError
 */
export function createXmlReader(wanted: ReadonlySet<string>, onElement: (element: XmlElement) => void, root?: string) {
  const parser = new SaxesParser({ position: false });
  const open: OpenElement[] = [];
  let depth = 0;
  let elements = 0;

  function fail(problem: string): never {
    throw new ParseError(`XML: ${problem}`);
  }
  parser.on("error", (error) => fail(error.message));
  parser.on("doctype", () => fail("expected no document type, got one"));
  parser.on("opentag", ({ name, attributes }) => {
    depth += 1;
    if (depth === 1 && root !== undefined && localName(name) !== root)
      fail(`expected ${root}, got ${name.slice(0, 100)}`);
    if (depth > MAX_DEPTH) fail(`expected elements at most ${MAX_DEPTH} deep, got more`);
    const parent = open.at(-1);
    if (!parent && !wanted.has(localName(name))) return;
    const element = elementOf(name, attributes as Record<string, string>);
    elements = parent ? elements + 1 : 0;
    if (elements > MAX_ELEMENTS) fail(`expected at most ${MAX_ELEMENTS} elements in ${open[0]?.name}, got more`);
    parent?.children.push(element);
    open.push(element);
  });
  parser.on("text", (part) => {
    const element = open.at(-1);
    if (!element) return;
    element.text = element.children.length > 0 ? "" : element.text + part;
    if (element.text.length > MAX_TEXT) fail(`expected at most ${MAX_TEXT} characters in ${element.name}, got more`);
  });
  parser.on("closetag", () => {
    depth -= 1;
    const element = open.pop();
    if (element && open.length === 0) onElement(element);
  });
  return {
    write: (piece: string) => void parser.write(piece),
    end() {
      parser.close();
      if (depth > 0) fail("expected the end of the document, got the end of the answer");
    },
  };
}

/** The text of the first element of a path of names; undefined where there is none. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return elementAt(element, ...path)?.text.trim();
}

/** A number, which may have a fraction; undefined for anything else. */
export function numberAt(element: XmlElement | undefined, ...path: readonly string[]): number | undefined {
  const text = textAt(element, ...path);
  return text !== undefined && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

export function flagAt(element: XmlElement | undefined, ...path: readonly string[]): boolean | undefined {
  const text = textAt(element, ...path);
  return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : undefined;
}
