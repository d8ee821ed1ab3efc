import { renderDocument } from "./document.ts";
import { html } from "./html.ts";

/** A runbook as it is written, in a page that a telephone can read. */
export function renderRunbook(alert: string, markdown: string): string {
  return renderDocument(
    alert,
    html`<main><pre class="runbook">${markdown}</pre></main>
<footer><p><a href="/">Status of this exporter</a></p></footer>`,
  );
}
