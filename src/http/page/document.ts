import { html, type Markup, styleElement, toText } from "./html.ts";
import { style } from "./style.ts";

/** A whole page with our style and nothing to load. */
export function renderDocument(title: string, body: Markup): string {
  return toText(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${styleElement(style)}
</head>
<body>
${body}
</body>
</html>
`);
}
