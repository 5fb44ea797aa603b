// Sorting, counting in a Map, filter and map; n: numbers.
function main(input) {
  const n = input?.n ?? 50000, a = [];
  let seed = 42;
  for (let i = 0; i < n; i++) { seed = (seed * 1103515245 + 12345) & 0x7fffffff; a.push(seed); }
  a.sort((x, y) => x - y);
  const m = new Map();
  for (const x of a) { const k = x % 1000; m.set(k, (m.get(k) || 0) + 1); }
  return a[n >> 1] + m.size + a.filter((x) => x & 1).map((x) => x * 2).length;
}
