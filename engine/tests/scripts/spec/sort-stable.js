// expect: {"kind": "returned", "value": "true"}
function main() {
  try {
    const a = Array.from({ length: 1000 }, (_, i) => ({ k: i % 10, i })); a.sort((x, y) => x.k - y.k); return String(a.every((x, i) => !i || a[i - 1].k < x.k || (a[i - 1].k === x.k && a[i - 1].i < x.i)));
  } catch (e) {
    return e.name;
  }
  return 'done';
}
