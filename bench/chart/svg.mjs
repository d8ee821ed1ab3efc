/** Small parts of a chart as text: pure functions, no document. */

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function escaped(text) {
  return String(text).replace(/[&<>"]/g, (character) => entities[character]);
}

/** @param {Record<string, string | number>} attributes @param {string[]} children already SVG */
export function element(name, attributes, children = []) {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(rounded(value))}"`);
  return children.length === 0
    ? `<${name}${written.join("")}/>`
    : `<${name}${written.join("")}>${children.join("")}</${name}>`;
}

function rounded(value) {
  return typeof value === "number" ? Math.round(value * 10) / 10 : value;
}

export function text(x, y, content, attributes = {}) {
  return element("text", { x, y, ...attributes }, [escaped(content)]);
}

export function line(x1, y1, x2, y2, attributes = {}) {
  return element("line", { x1, y1, x2, y2, ...attributes });
}

/** A mark that says its value when one points at it. */
export function dot(x, y, title, attributes = {}) {
  return element("circle", { cx: x, cy: y, r: 4.5, ...attributes }, [element("title", {}, [escaped(title)])]);
}

const STEPS = [1, 2, 5];
/** A shorter axis would make a mountain of a molehill. */
const SHORTEST_RATIO = 10;
/** Over a wider range only powers of ten are named. */
const MANY_DECADES = 2;

/**
 * A logarithmic axis that holds all values.
 * @param {number[]} values above 0
 * @returns {{ at: (value: number) => number, ticks: number[] }} `at` gives pixels between `from` and `to`
 */
export function logAxis(values, from, to) {
  const low = stepBelow(Math.min(...values));
  const high = stepAbove(Math.max(...values, low * SHORTEST_RATIO));
  const ticks = [];
  const all = Math.log10(high / low) <= MANY_DECADES;
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade++) {
    for (const step of all ? STEPS : STEPS.slice(0, 1)) ticks.push(Number((step * 10 ** decade).toPrecision(1)));
  }
  const at = (value) => from + ((to - from) * Math.log(value / low)) / Math.log(high / low);
  return { at, ticks: ticks.filter((tick) => tick >= low && tick <= high) };
}

function stepBelow(value) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * STEPS.findLast((step) => step * decade <= value);
}

function stepAbove(value) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * ([...STEPS, 10].find((step) => step * decade >= value) ?? 10);
}
