/** What elements have in common, whichever of their attributes a source needs. */
export interface XmlNode<Self> {
  readonly name: string;
  readonly children: readonly Self[];
  readonly text: string;
}

/** An element whose end has not been read yet. */
export type OpenNode<Node extends XmlNode<Node>> = Omit<Node, "children" | "text"> & {
  readonly children: OpenNode<Node>[];
  text: string;
};

/** Descriptions of machines nest a dozen deep; a document that goes on and on must not fill the stack of whoever walks it. */
export const MAX_DEPTH = 100;

export function childrenOf<Node extends XmlNode<Node>>(element: Node | undefined, name: string): readonly Node[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function childOf<Node extends XmlNode<Node>>(element: Node | undefined, name: string): Node | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The first element of a path of names. */
export function elementAt<Node extends XmlNode<Node>>(
  element: Node | undefined,
  ...path: readonly string[]
): Node | undefined {
  return path.reduce(childOf<Node>, element);
}
