import { SaxesParser } from "saxes";
import { ParseError } from "../../kernel/host.ts";
import { MAX_DEPTH, type OpenNode, type XmlNode } from "../xml-tree.ts";

export interface XmlElement extends XmlNode<XmlElement> {
  readonly attributes: Readonly<Record<string, string>>;
}

/** Metadata may be anything. */
const MAX_ELEMENTS = 50_000;
/** A machine with 500 disks has a third of it; more would hold up everything else while it is read. */
const MAX_LENGTH = 1024 * 1024;

/**
 * The tree of a document. Entities other than XML's own five are errors, so none is ever expanded.
 * @param source for messages
 * @throws ParseError where the text is no XML, or too deep or large to be a description of a machine
 */
export function parseXml(source: string, text: string): XmlElement {
  if (text.length > MAX_LENGTH) {
    throw new ParseError(`${source}: expected at most ${MAX_LENGTH} characters, got ${text.length}`);
  }
  const parser = new SaxesParser();
  const root: OpenNode<XmlElement> = { name: "", attributes: {}, children: [], text: "" };
  const open: OpenNode<XmlElement>[] = [root];
  let elements = 0;

  function fail(problem: string): never {
    throw new ParseError(`${source}, line ${parser.line}: ${problem}`);
  }
  parser.on("error", (error) => fail(error.message.replace(/^\d+:\d+: /, "")));
  parser.on("opentag", ({ name, attributes }) => {
    elements += 1;
    if (open.length > MAX_DEPTH) fail(`expected elements at most ${MAX_DEPTH} deep, got more`);
    if (elements > MAX_ELEMENTS) fail(`expected at most ${MAX_ELEMENTS} elements, got more`);
    const element = { name, attributes, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (part) => {
    const element = open.at(-1);
    if (element) element.text += part;
  });
  parser.on("closetag", () => void open.pop());
  parser.write(text).close();
  return root.children[0] ?? fail("expected an element, got none");
}

/** A whole number; undefined for anything else. */
export function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d+\s*$/.test(text) ? Number(text) : undefined;
}
