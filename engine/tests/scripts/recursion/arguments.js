// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
function main() {
  try {
    function f(a, b, c, d) { const x = [a, b, c, d]; return f(a + 1, b, c, x) + 1; } f(1, 2, 3);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
