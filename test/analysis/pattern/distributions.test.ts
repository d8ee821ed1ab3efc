import { gammaBelow, gammaTail, logGamma, studentTail } from "../../../src/analysis/pattern/distributions.ts";

/** Figures of scipy.stats 1.x: gammaincc, gammainc, t.sf, gammaln. */
const close = (actual: number, expected: number) => expect(actual / expected).toBeCloseTo(1, 9);

test.each([
  [1, 13.8155, 1.0000105580200096e-6],
  [0.5, 2, 0.04550026389635857],
  [3, 1, 0.9196986029286058],
  [10, 25, 0.0002214766382487835],
  [300, 350, 0.0028957725318222776],
  [0.001, 0.5, 0.0005600666564707501],
])("a gamma variable of shape %f is over %f", (shape, x, tail) => {
  close(gammaTail(shape, x), tail);
});

test.each([
  [5, 0.1, 7.667801686189327e-8],
  [2, 3, 0.8008517265285442],
  [120, 80, 1.8190216415756687e-5],
])("a gamma variable of shape %f is below %f", (shape, x, below) => {
  close(gammaBelow(shape, x), below);
});

test.each([
  [2.5, 4, 0.03338327240599407],
  [-1, 7.5, 0.8257619871846243],
  [0, 3, 0.5],
  [10, 9, 1.789118715962368e-6],
  [3.1, 120, 0.0012058573278862668],
])("Student's t is over %f with %f degrees of freedom", (t, freedom, tail) => {
  close(studentTail(t, freedom), tail);
});

test.each([
  [0.5, 0.5723649429247],
  [4.5, 2.4537365708424423],
  [100, 359.1342053695754],
  [100_000, 1051287.7089736569],
])("the logarithm of the gamma function of %f", (x, value) => {
  close(logGamma(x), value);
});

test("nothing is below zero", () => {
  expect(gammaTail(2, 0)).toBe(1);
  expect(gammaBelow(2, 0)).toBe(0);
});
