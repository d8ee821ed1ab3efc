/** Tails of distributions. Series and continued fractions as in Abramowitz and Stegun, chapters 6 and 26. */

/** A result is called significant below this. */
export const SIGNIFICANT_P = 0.01;

const PRECISION = 1e-14;
const TINY = 1e-300;
const MOST_TERMS = 100_000;

/** Lanczos' approximation, g = 7: relative error below 1e-13. */
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** @param x positive */
export function logGamma(x: number): number {
  const t = x + 6.5;
  const sum = LANCZOS.reduce((total, c, i) => total + c / (x + i), 0.99999999999980993);
  return (x - 0.5) * Math.log(t) - t + Math.log(Math.sqrt(2 * Math.PI) * sum);
}

/** P(Gamma(shape, 1) > x), the regularised upper incomplete gamma function; also P(Poisson(x) < shape). */
export function gammaTail(shape: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  return x < shape + 1 ? 1 - (front * gammaSeries(shape, x)) / shape : front * gammaFraction(shape, x);
}

/** P(Gamma(shape, 1) <= x) without the cancellation of one minus the tail; also P(Poisson(x) >= shape). */
export function gammaBelow(shape: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= shape + 1) return 1 - gammaTail(shape, x);
  return (Math.exp(shape * Math.log(x) - x - logGamma(shape)) * gammaSeries(shape, x)) / shape;
}

function gammaSeries(shape: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < MOST_TERMS && term > sum * PRECISION; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** Lentz's method. */
function gammaFraction(shape: number, x: number): number {
  let b = x + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < MOST_TERMS; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / nonZero(a * d + b);
    c = nonZero(b + a / c);
    h *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return h;
}

/** P(T > t) of Student's distribution. @param freedom degrees of freedom, positive, need not be whole */
export function studentTail(t: number, freedom: number): number {
  const half = betaBelow(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? half : 1 - half;
}

/** Regularised incomplete beta function I_x(a, b). */
function betaBelow(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  const converges = x < (a + 1) / (a + b + 2);
  return converges ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    h *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    h *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return h;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
