import { formatBrief, formatCount, formatInterval, formatRatio, formatSpan } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { lossBar } from "./loss-bar.ts";
import { stateBadge } from "./states.ts";
import type { PathView } from "./view.ts";

function counts(path: PathView): Markup {
  const voided = path.voided > 0 ? html`, ${formatCount(path.voided)} void` : null;
  return html`${formatCount(path.lost)} of ${formatCount(path.packets)} lost in ${formatSpan(path.windowSeconds)}${voided}`;
}

function loss(path: PathView): Markup {
  const { lossRatio, lossLower, lossUpper } = path;
  if (path.packets === 0 || lossRatio === null || lossLower === null || lossUpper === null) {
    const voided = path.voided > 0 ? html`<p>${formatCount(path.voided)} void</p>` : null;
    return html`<p class="figure unknown">not measured</p><p>no packet judged in ${formatSpan(path.windowSeconds)}</p>${voided}`;
  }
  // The interval is the figure while nothing was lost: "0 %" alone would claim more than the sample can.
  const interval = formatInterval(lossLower, lossUpper);
  const figure = path.lost === 0 ? interval : formatRatio(lossRatio);
  const bounds = path.lost === 0 ? "95 % interval" : html`95 % interval ${interval}`;
  return html`<p class="figure">${figure}</p><p>${bounds}</p><p>${counts(path)}</p>${lossBar(lossRatio, lossLower, lossUpper)}`;
}

function rtt(path: PathView): Markup {
  if (path.rttSeconds === null) return html`<p class="figure unknown">not measured</p>`;
  return html`<p class="figure">${formatBrief(path.rttSeconds.p50)}</p><p>99 % within ${formatBrief(path.rttSeconds.p99)}</p>`;
}

function where(path: PathView): Markup {
  const address = path.address !== null && path.address !== path.target ? html` (${path.address})` : null;
  return html`${path.scope} · ${path.protocol} · <span class="address">${path.target}${address}</span>`;
}

function trouble(path: PathView): Markup | null {
  const run = path.currentLossRunSeconds;
  if (path.problem !== null) return html`<p class="problem">${path.problem}</p>`;
  if (run > 0) return html`<p class="problem">Nothing has come back for ${formatSpan(run)}.</p>`;
  return null;
}

export function pathItem(path: PathView): Markup {
  return html`<li class="path ${path.state}">
<div class="who"><h3>${path.name}</h3>${stateBadge(path.state)}<p class="where">${where(path)}</p></div>
<div class="loss"><h4>Loss</h4>${loss(path)}</div>
<div class="rtt"><h4>Round trip, median</h4>${rtt(path)}</div>
${trouble(path)}</li>
`;
}
