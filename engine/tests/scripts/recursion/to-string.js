// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
function main() {
  try {
    const o = { toString() { return '' + this; } }; '' + o;
  } catch (e) {
    return e.name;
  }
  return 'done';
}
