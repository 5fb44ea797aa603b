// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
// expect: {"kind": "returned", "value": "SyntaxError"}
// expect: {"kind": "returned", "value": "done"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "returned", "value": "Error"}
function main() {
  try {
    let e = new Error('x'); for (let i = 0; i < 50000; i++) e = new Error('x', { cause: e }); console.log(e); throw e;
  } catch (e) {
    return e.name;
  }
  return 'done';
}
