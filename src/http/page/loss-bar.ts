import { html, type Markup } from "./html.ts";

const WIDTH = 240;
/** Where the scale turns from linear to logarithmic: half of the finest limit that anyone pages on. */
const KNEE = 0.0005;

/** 0 to 1 becomes 0 to WIDTH, so that 0.1 %, 1 % and 100 % all have room and 0 has a place. */
function x(ratio: number): number {
  const share = Math.log1p(ratio / KNEE) / Math.log1p(1 / KNEE);
  return Math.round(share * WIDTH * 10) / 10;
}

/** Always the same marks, so that bars of different paths and days can be compared. */
const marks = [
  [0.001, "0.1"],
  [0.01, "1"],
  [0.1, "10"],
  [1, "100 %"],
] as const;

const scale = marks.map(
  ([ratio, label]) =>
    html`<line class="tick" x1="${x(ratio)}" x2="${x(ratio)}" y1="2" y2="14"/><text x="${x(ratio)}" y="25" text-anchor="${ratio === 1 ? "end" : "middle"}">${label}</text>`,
);

/** The 95 % interval as a bar and the observed ratio as a line in it. The numbers stand beside it in words. */
export function lossBar(ratio: number, lower: number, upper: number): Markup {
  const from = x(lower);
  const width = Math.max(2, x(upper) - from);
  return html`<svg class="lossbar" viewBox="0 0 ${WIDTH} 28" aria-hidden="true"><rect class="track" x="0" y="6" width="${WIDTH}" height="4" rx="2"/>${scale}<rect class="interval" x="${from}" y="4" width="${width}" height="8" rx="3"/><rect class="point" x="${Math.min(x(ratio), WIDTH - 2)}" y="2" width="2" height="12"/></svg>`;
}
