import type { HistoryEntry } from "../../probe-endpoint/history.ts";
import { renderDocument } from "../page/document.ts";
import { formatInstant } from "../page/format.ts";
import { html, type Markup } from "../page/html.ts";
import { stateBadge } from "../page/states.ts";

/** The latest runs of /probe, newest first. */
export function renderHistory(entries: readonly HistoryEntry[]): string {
  const table = html`<table><thead><tr><th scope="col">Target</th><th scope="col">Module</th><th scope="col">When</th><th scope="col">Result</th></tr></thead>
<tbody>${entries.map(row)}</tbody></table>`;
  return pageOf(
    "Runs of /probe",
    html`<section>${entries.length > 0 ? table : html`<p>Nothing was probed yet.</p>`}</section>`,
    html`<a href="/">Status of this exporter</a>`,
  );
}

function row({ id, target, module, atSeconds, notable, summary }: HistoryEntry): Markup {
  const badge = notable ? stateBadge("lossy", "trouble") : stateBadge("ok");
  return html`<tr><th scope="row"><a href="/probe/history?id=${id}">${target}</a></th><td>${module}</td><td class="took">${formatInstant(atSeconds)}</td><td>${badge} ${summary}</td></tr>
`;
}

/** What happened in one of them. */
export function renderRun({ target, transcript }: HistoryEntry): string {
  return pageOf(
    `Probe of ${target}`,
    html`<pre class="runbook">${transcript}</pre>`,
    html`<a href="/probe/history">All runs</a>`,
  );
}

function pageOf(title: string, content: Markup, back: Markup): string {
  return renderDocument(
    title,
    html`<header><h1>${title}</h1></header>
<main>${content}</main>
<footer><p>${back}</p></footer>`,
  );
}
