// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
// expect: {"kind": "returned", "value": "SyntaxError"}
// expect: {"kind": "returned", "value": "done"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
function main() {
  try {
    class A extends Array { static get [Symbol.species]() { return new A(1).map(x => x).constructor; } } new A(1).map(x => x);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
