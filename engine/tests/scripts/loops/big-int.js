// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
// expect: {"kind": "returned"}
function main() { let b = 3n; for (let i = 0; i < 25; i++) b = b * b; return String(b).length; }
