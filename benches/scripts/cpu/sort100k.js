// Sorting with a comparator; n: numbers.
function main(input) {
  const n = input?.n ?? 100000;
  let x = 123456789;
  const a = new Array(n);
  for (let i = 0; i < a.length; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; a[i] = (x >>> 0) / 7; }
  a.sort((p, q) => p - q);
  return { min: a[0], mid: a[n >> 1], max: a[n - 1] };
}
