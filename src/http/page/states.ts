import { html, type Markup } from "./html.ts";
import type { CollectorView, PathState, ProberView } from "./view.ts";

export type AnyState = PathState | CollectorView["state"] | ProberView["state"];

/** Each state has its own shape and its own word, so that no one needs its colour; the colours are in style.ts. */
const shapes: Readonly<Record<AnyState, Markup>> = {
  ok: html`<circle class="fill" cx="8" cy="8" r="7"/><path class="mark" d="M4.8 8.3l2.2 2.2 4.2-4.6"/>`,
  degraded: html`<path class="fill" d="M8 1.2 15.4 14.6H.6z"/><path class="mark" d="M8 6v4M8 12v.6"/>`,
  lossy: html`<path class="fill" d="M8 .4 15.6 8 8 15.6.4 8z"/><path class="mark" d="M8 4.2v4.6M8 11.2v.6"/>`,
  down: html`<path class="fill" d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path class="mark" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>`,
  no_data: html`<circle class="hollow" cx="8" cy="8" r="6.4"/><path class="line" d="M5.4 8h5.2"/>`,
  failed: html`<rect class="fill" x="1.2" y="1.2" width="13.6" height="13.6" rx="2"/><path class="mark" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>`,
  absent: html`<circle class="hollow" cx="8" cy="8" r="6.4"/><path class="line" d="M5.4 8h5.2"/>`,
};

const words: Readonly<Record<AnyState, string>> = {
  ok: "ok",
  degraded: "degraded",
  lossy: "losing packets",
  down: "down",
  no_data: "no data",
  failed: "cannot probe",
  absent: "absent",
};

export function stateIcon(state: AnyState): Markup {
  return html`<svg class="icon ${state}" viewBox="0 0 16 16" aria-hidden="true">${shapes[state]}</svg>`;
}

export function stateBadge(state: AnyState, word: string = words[state]): Markup {
  return html`<span class="badge ${state}">${stateIcon(state)}${word}</span>`;
}

/** The worst first: in this order the page shows paths and chooses its headline. */
export const pathStates: readonly PathState[] = ["down", "lossy", "failed", "degraded", "no_data", "ok"];
