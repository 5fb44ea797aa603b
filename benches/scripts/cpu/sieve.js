// Typed arrays: primes below n.
function main(input) {
  const N = input?.n ?? 2000000, f = new Uint8Array(N);
  let c = 0;
  for (let i = 2; i < N; i++) { if (!f[i]) { c++; for (let j = i * 2; j < N; j += i) f[j] = 1; } }
  return c;
}
