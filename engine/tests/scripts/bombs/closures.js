// limits: {"memory_bytes": 67108864, "fuel": 20000000000, "wall_ms": 60000}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
function main() { let f = () => 0; for (;;) { const g = f; f = () => g; } }
