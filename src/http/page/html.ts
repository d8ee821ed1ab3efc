const markupBrand: unique symbol = Symbol("markup");

/** HTML that came out of the `html` tag: safe to put into more of it. */
export interface Markup {
  readonly [markupBrand]: string;
}

export type HtmlPart = Markup | string | number | null | readonly HtmlPart[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => entities[c] ?? c);
}

function isMarkup(part: HtmlPart): part is Markup {
  return typeof part === "object" && part !== null && markupBrand in part;
}

function show(part: HtmlPart): string {
  if (part === null) return "";
  if (isMarkup(part)) return part[markupBrand];
  if (Array.isArray(part)) return part.map(show).join("");
  return escapeHtml(String(part));
}

/**
 * A template tag that escapes every value unless it came out of this tag itself. Safe in text and in quoted attributes;
 * nothing makes a value safe in a script, in a style sheet, in an unquoted attribute or as an address to follow.
 * null shows nothing, a list shows its parts one after another.
 */
export function html(text: TemplateStringsArray, ...parts: readonly HtmlPart[]): Markup {
  const shown = text.map((t, i) => t + (i < parts.length ? show(parts[i] ?? null) : ""));
  return { [markupBrand]: shown.join("") };
}

/** The text of a whole document. */
export function toText(markup: Markup): string {
  return markup[markupBrand];
}

/** Our own style sheet, which quotes must not be escaped in. Never for text from outside. */
export function styleElement(css: string): Markup {
  return { [markupBrand]: `<style>${css}</style>` };
}
