// limits: {"memory_bytes": 67108864, "fuel": 20000000000, "wall_ms": 60000}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { let b = 2n; for (;;) b = b * b; }
