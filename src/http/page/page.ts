import { renderDocument } from "./document.ts";
import { formatBrief, formatInstant, formatSpan } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { pathItem } from "./path.ts";
import { pathStates, stateBadge, stateIcon } from "./states.ts";
import type { CollectorView, PathState, PathView, StatusView } from "./view.ts";

export interface PageOptions {
  /** From 1; beyond the last one the last is shown. */
  readonly page: number;
  /** null while the page stands still. */
  readonly refreshSeconds: number | null;
}

/** More would take seconds to draw on a telephone; the worst come first, so the first page holds what matters. */
const PATHS_PER_PAGE = 100;

/** What a stranger wrote behind `?page=`; anything but a small whole number shows the first page. */
export function pageFromQuery(text: string | null): number {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}

const verdicts: Readonly<Record<PathState, string>> = {
  down: "down: nothing comes back",
  lossy: "losing packets",
  failed: "cannot be probed",
  degraded: "degraded",
  no_data: "without data yet",
  ok: "ok: no loss above the limit seen",
};

function amount(count: number, total: number): string {
  if (total === 1) return "The one path is";
  if (count === total) return `All ${total} paths are`;
  return `${count} of ${total} paths ${count === 1 ? "is" : "are"}`;
}

function countStates(paths: readonly PathView[]): [PathState, number][] {
  return pathStates
    .map((state): [PathState, number] => [state, paths.filter((p) => p.state === state).length])
    .filter(([, count]) => count > 0);
}

function verdict(paths: readonly PathView[]): Markup {
  const [worst, ...others] = countStates(paths);
  if (worst === undefined)
    return html`<div class="verdict no_data">${stateIcon("no_data")}<p>No path is probed.</p></div>`;
  const rest = others.map(([state, count]) => html`<li>${stateBadge(state, `${count} ${verdicts[state]}`)}</li>`);
  const list = rest.length > 0 ? html`<ul class="rest">${rest}</ul>` : null;
  const [state, count] = worst;
  return html`<div class="verdict ${state}">${stateIcon(state)}<p>${amount(count, paths.length)} ${verdicts[state]}.</p></div>${list}`;
}

function worstFirst(paths: readonly PathView[]): PathView[] {
  const rank = (path: PathView) => pathStates.indexOf(path.state);
  return [...paths].sort(
    (a, b) => rank(a) - rank(b) || (b.lossLower ?? 0) - (a.lossLower ?? 0) || (a.name < b.name ? -1 : 1),
  );
}

function pager(page: number, pages: number, still: string): Markup | null {
  if (pages === 1) return null;
  const link = (to: number, word: string) =>
    to >= 1 && to <= pages ? html`<a href="/?page=${to}${still}">${word}</a>` : null;
  return html`<nav aria-label="Pages of paths">${link(page - 1, "Worse paths")}<span>Page ${page} of ${pages}</span>${link(page + 1, "More paths")}</nav>`;
}

function collectorRow(collector: CollectorView): Markup {
  const took = collector.state === "absent" ? null : formatBrief(collector.durationSeconds);
  return html`<tr><th scope="row">${collector.name}</th><td>${stateBadge(collector.state, collector.state)}</td><td class="took">${took}</td><td>${collector.detail}</td></tr>
`;
}

function machine({ prober, collectors }: StatusView): Markup {
  const detail = prober.detail === null ? null : html`<p>${prober.detail}</p>`;
  const sources = html`<table><thead><tr><th scope="col">Collector</th><th scope="col">State</th><th scope="col">Took</th><th scope="col">Detail</th></tr></thead>
<tbody>${collectors.map(collectorRow)}</tbody></table>`;
  return html`<section><h2>Prober</h2><div class="prober">${stateBadge(prober.state, prober.state)}${detail}</div></section>
<section><h2>Sources</h2>${collectors.length > 0 ? sources : html`<p>No collector has run.</p>`}</section>`;
}

function renewal(view: StatusView, { page, refreshSeconds }: PageOptions): Markup {
  const at = formatInstant(view.nowSeconds);
  if (refreshSeconds === null)
    return html`<p>As of ${at}, standing still. <a href="/?page=${page}">Renew by itself</a></p>`;
  return html`<p>As of ${at}, renewed every ${refreshSeconds} s. <a href="/?page=${page}&amp;still">Hold still</a></p>`;
}

/** The whole status page as text. Worst paths first, at most 100 at a time. */
export function renderStatusPage(view: StatusView, options: PageOptions): string {
  const pages = Math.max(1, Math.ceil(view.paths.length / PATHS_PER_PAGE));
  const page = Math.min(options.page, pages);
  const shown = worstFirst(view.paths).slice((page - 1) * PATHS_PER_PAGE, page * PATHS_PER_PAGE);
  const still = options.refreshSeconds === null ? "&still" : "";
  const hints = view.hints.map((hint) => html`<p class="hint">${hint}</p>`);
  return renderDocument(
    `virtloss on ${view.hostname}`,
    html`<header><h1>virtloss <span>on ${view.hostname}</span></h1>${renewal(view, { ...options, page })}</header>
<main>
${verdict(view.paths)}
${hints}
<section><h2>Paths</h2><ul class="paths">
${shown.map(pathItem)}</ul>${pager(page, pages, still)}</section>
${machine(view)}
</main>
<footer><p>virtloss ${view.version}, running for ${formatSpan(view.nowSeconds - view.startedAtSeconds)}</p><p><a href="/metrics">Metrics</a></p></footer>`,
  );
}
