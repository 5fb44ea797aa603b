// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "returned", "value": "SyntaxError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
// expect: {"kind": "returned", "value": "done"}
// expect: {"kind": "returned", "value": "ReferenceError"}
// expect: {"kind": "returned", "value": "TypeError"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
function main() {
  const source = 'class A{m(){'.repeat(10000) + '}}'.repeat(10000);
  try {
    (0, eval)(source);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
