// limits: {"memory_bytes": 67108864, "fuel": 20000000000, "wall_ms": 60000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
// expect: {"kind": "returned"}
function main() { return Math.max(...new Array(3e6).fill(1)); }
