// limits: {"fuel": 20000000000, "memory_bytes": 268435456, "wall_ms": 60000}
// expect: {"kind": "returned", "value": "RangeError"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
// expect: {"kind": "returned", "value": "SyntaxError"}
// expect: {"kind": "returned", "value": "done"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
function main() {
  try {
    function f() { return JSON.parse('[1]', f); } f();
  } catch (e) {
    return e.name;
  }
  return 'done';
}
