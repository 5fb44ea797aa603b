// Matrices in typed arrays: product by blocks, transposition, LU decomposition, a determinant's logarithm; n: rows.
function multiply(a, b, n) {
  const c = new Float64Array(n * n), block = 16;
  for (let i0 = 0; i0 < n; i0 += block) for (let k0 = 0; k0 < n; k0 += block)
    for (let i = i0; i < Math.min(i0 + block, n); i++) for (let k = k0; k < Math.min(k0 + block, n); k++) {
      const factor = a[i * n + k], from = k * n, to = i * n;
      for (let j = 0; j < n; j++) c[to + j] += factor * b[from + j];
    }
  return c;
}
function transpose(a, n) {
  const t = new Float64Array(a.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) t[j * n + i] = a[i * n + j];
  return t;
}
function decompose(a, n) {
  const lu = a.slice(), order = Int32Array.from({ length: n }, (_, i) => i);
  let swaps = 0;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i * n + k]) > Math.abs(lu[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      const row = lu.slice(k * n, k * n + n);
      lu.copyWithin(k * n, pivot * n, pivot * n + n);
      lu.set(row, pivot * n);
      [order[k], order[pivot]] = [order[pivot], order[k]];
      swaps++;
    }
    for (let i = k + 1; i < n; i++) {
      const factor = (lu[i * n + k] /= lu[k * n + k]);
      for (let j = k + 1; j < n; j++) lu[i * n + j] -= factor * lu[k * n + j];
    }
  }
  return { lu, order, swaps };
}
function main(input) {
  const n = input?.n ?? 100, a = new Float64Array(n * n), b = new Float32Array(n * n);
  let x = 1;
  for (let i = 0; i < n * n; i++) { x = Math.imul(x, 48271) >>> 0; a[i] = x % 201 - 100; b[i] = (x >>> 8) % 17 / 4; }
  const c = multiply(a, b, n), back = transpose(transpose(c, n), n), { lu, order, swaps } = decompose(a, n);
  let trace = 0, log = 0;
  for (let i = 0; i < n; i++) { trace += c[i * n + i]; log += Math.log2(Math.abs(lu[i * n + i])); }
  return { trace, log: log.toFixed(6), swaps, order: order.subarray(0, 5).join(), same: back.every((value, i) => value === c[i]), max: c.reduce((a, b) => Math.max(a, b)) };
}
