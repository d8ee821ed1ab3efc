type Point = readonly number[];

interface Vertex {
  readonly point: Point;
  readonly value: number;
}

/** The worst of the simplex is less than this above its best: found. */
const FLAT = 1e-9;

/**
 * Least value of a function without derivatives: the simplex of Nelder and Mead (1965).
 * @param size first step along each axis
 * @param most evaluations, about
 */
export function minimum(f: (point: Point) => number, start: Point, size: number, most: number): Point {
  const at = (point: Point): Vertex => ({ point, value: f(point) });
  let simplex = [at(start), ...start.map((_, axis) => at(start.map((x, i) => (i === axis ? x + size : x))))];
  for (let step = 0; step < most; step++) {
    simplex.sort((a, b) => a.value - b.value);
    const best = simplex[0];
    const worst = simplex.at(-1);
    const second = simplex.at(-2);
    if (!best || !worst || !second || worst.value - best.value < FLAT) break;
    const others = simplex.slice(0, -1);
    const centre = start.map((_, i) => others.reduce((sum, { point }) => sum + (point[i] ?? 0), 0) / others.length);
    const away = (by: number) => at(centre.map((c, i) => c + by * (c - (worst.point[i] ?? 0))));
    const reflected = away(1);
    let next = reflected;
    if (reflected.value < best.value) {
      const expanded = away(2);
      if (expanded.value < reflected.value) next = expanded;
    } else if (reflected.value >= second.value) {
      next = away(reflected.value < worst.value ? 0.5 : -0.5);
      if (next.value >= Math.min(reflected.value, worst.value)) {
        simplex = [
          best,
          ...simplex.slice(1).map(({ point }) => at(point.map((x, i) => (x + (best.point[i] ?? 0)) / 2))),
        ];
        continue;
      }
    }
    simplex = [...others, next];
  }
  return simplex.reduce((a, b) => (b.value < a.value ? b : a)).point;
}
