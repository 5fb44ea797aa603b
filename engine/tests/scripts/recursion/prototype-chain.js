// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
// expect: {"kind": "returned", "value": "SyntaxError"}
// expect: {"kind": "returned", "value": "done"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
function main() {
  try {
    let o = {}; for (let i = 0; i < 200000; i++) o = Object.create(o); o.zzz;
  } catch (e) {
    return e.name;
  }
  return 'done';
}
