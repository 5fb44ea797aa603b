// Multiplication and remainder in nested loops; n: each loop's length.
function main(input) {
  const n = input?.n ?? 1000;
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) s = (s + i * j) % 1000003;
  return s;
}
