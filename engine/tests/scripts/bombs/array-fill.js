// limits: {"memory_bytes": 67108864, "fuel": 40000000000, "wall_ms": 60000}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
function main() { return new Array(1e8).fill(0).length; }
