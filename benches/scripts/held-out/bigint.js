// Whole numbers without bound: factorial, powers by modulus, Fibonacci by doubling, digits of pi, radix conversion; n: size.
function power(base, exponent, modulus) {
  let result = 1n;
  for (base %= modulus; exponent > 0n; exponent >>= 1n) { if (exponent & 1n) result = result * base % modulus; base = base * base % modulus; }
  return result;
}
function fibonacci(n) {
  if (n === 0n) return [0n, 1n];
  const [a, b] = fibonacci(n >> 1n), c = a * (2n * b - a), d = a * a + b * b;
  return n & 1n ? [d, c + d] : [c, d];
}
function pi(digits) {
  let q = 1n, r = 0n, t = 1n, k = 1n, m = 3n, x = 3n, text = "";
  while (text.length < digits) {
    if (4n * q + r - t < m * t) { text += m; [q, r, m] = [10n * q, 10n * (r - m * t), 10n * (3n * q + r) / t - 10n * m]; }
    else [q, r, t, k, m, x] = [q * k, (2n * q + r) * x, t * x, k + 1n, (q * (7n * k + 2n) + r * x) / (t * x), x + 2n];
  }
  return text;
}
function main(input) {
  const n = input?.n ?? 350;
  let factorial = 1n;
  for (let i = 2n; i <= BigInt(n) * 3n; i++) factorial *= i;
  const digits = factorial.toString(), prime = 2n ** 127n - 1n;
  let sum = 0n;
  for (let i = 1; i <= n; i++) sum += power(BigInt(i) + 3n, prime - 1n - BigInt(i), prime) ^ BigInt(i);
  return { digits: digits.length, head: digits.slice(0, 12), hex: (factorial >> 64n).toString(16).length, sum: sum.toString(36), fibonacci: String(fibonacci(BigInt(n) * 10n)[0] % 1000000007n), pi: pi(n).slice(-10), wrapped: Number(BigInt.asIntN(64, sum)) };
}
