// Integer arithmetic in loops; n: thousands of ten.
function main(input) {
  const n = input?.n ?? 1000;
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < 10000; j++) s = (s + i + j) | 0;
  return s;
}
