import { cpuPanel } from "./cpu-panel.mjs";
import { growthPanel } from "./growth-panel.mjs";
import { element, escaped, text } from "./svg.mjs";

const WIDTH = 880;
const MARGIN = 28;
const PANEL_GAP = 28;

/** The chart carries its own background, so that it reads well on a page that follows another scheme than the reader's system. */
const style = `
svg { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --faint: #d8dee4; --ours: #0a5cc2; --second: #b35900 }
@media (prefers-color-scheme: dark) {
svg { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --faint: #30363d; --ours: #6cb0ff; --second: #f0a050 }
}
.paper { fill: var(--paper) }
text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink);
  paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round }
.title { font-size: 16px; font-weight: 600 }
.group { font-weight: 600 }
.axis, .note { font-size: 12px; fill: var(--quiet) }
.grid { stroke: var(--faint); stroke-width: 1 }
.range { stroke-width: 2.5; stroke-linecap: round; opacity: 0.55 }
line.peer { stroke: var(--quiet) } circle.peer { fill: var(--quiet) }
line.ours, .first { stroke: var(--ours) } circle.ours, circle.first { fill: var(--ours) }
text.ours { fill: var(--ours); font-weight: 600 }
.second { stroke: var(--second) } circle.second { fill: var(--paper); stroke-width: 2 }
.curve { fill: none; stroke-width: 2 } .curve.second { stroke-dasharray: 5 4 }
`;

/**
 * The results as a picture for light and dark pages: CPU per probe by prober and load, and growth.
 * @param {import("../parts.mjs").Results} results
 * @returns {string} an SVG document; parts that were not measured are left out
 */
export function chart({ about, titles, parts }) {
  const width = WIDTH - 2 * MARGIN;
  const panels = [];
  if (parts.cpu) panels.push(cpuPanel(parts.cpu, titles, width));
  if (parts.growth) panels.push(growthPanel(parts.growth, width));
  const body = [];
  let y = MARGIN - 8;
  for (const panel of panels) {
    body.push(element("g", { transform: `translate(${MARGIN} ${y})` }, panel.body));
    y += panel.height + PANEL_GAP;
  }
  body.push(text(MARGIN, y, note(about), { class: "note" }));
  const height = y + MARGIN - 8;
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-labelledby": "title description",
    },
    [
      element("title", { id: "title" }, ["virtloss benchmarks"]),
      element("desc", { id: "description" }, [escaped(panels.map(({ description }) => description).join(" "))]),
      element("style", {}, [style]),
      element("rect", { class: "paper", width: WIDTH, height, rx: 8 }),
      ...body,
    ],
  )}\n`;
}

function note({ node, machine, quick }) {
  return `Dot: median of the turns; line: their range. Node.js ${node}, ${machine}${quick ? ", a quick run" : ""}.`;
}
