import { html, styleElement, toText } from "./html.ts";
import { style } from "./style.ts";

/** A runbook as it is written, in a page that a telephone can read. */
export function renderRunbook(alert: string, markdown: string): string {
  return toText(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${alert}</title>
<link rel="icon" href="data:,">
${styleElement(style)}
</head>
<body>
<main><pre class="runbook">${markdown}</pre></main>
<footer><p><a href="/">Status of this exporter</a></p></footer>
</body>
</html>
`);
}
