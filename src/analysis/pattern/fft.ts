/**
 * Discrete Fourier transform in place, radix 2, forward (e^(-2 pi i j k / n)), not scaled.
 * @param points a power of two; both arrays are that long
 */
export function createFft(points: number): (real: Float64Array, imaginary: Float64Array) => void {
  const cosines = new Float64Array(points / 2);
  const sines = new Float64Array(points / 2);
  for (let i = 0; i < points / 2; i++) {
    cosines[i] = Math.cos((2 * Math.PI * i) / points);
    sines[i] = -Math.sin((2 * Math.PI * i) / points);
  }
  return (real, imaginary) => {
    reverseBits(real, imaginary);
    for (let half = 1; half < points; half *= 2) {
      const stride = points / (2 * half);
      for (let start = 0; start < points; start += 2 * half) {
        for (let i = 0; i < half; i++) {
          butterfly(real, imaginary, start + i, start + i + half, at(cosines, i * stride), at(sines, i * stride));
        }
      }
    }
  };
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

function butterfly(re: Float64Array, im: Float64Array, a: number, b: number, cosine: number, sine: number): void {
  const x = at(re, b) * cosine - at(im, b) * sine;
  const y = at(re, b) * sine + at(im, b) * cosine;
  re[b] = at(re, a) - x;
  im[b] = at(im, a) - y;
  re[a] = at(re, a) + x;
  im[a] = at(im, a) + y;
}

function reverseBits(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(real, i, j);
    swap(imaginary, i, j);
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = at(values, i);
  values[i] = at(values, j);
  values[j] = kept;
}
