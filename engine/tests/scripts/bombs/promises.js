// limits: {"memory_bytes": 67108864, "fuel": 20000000000, "wall_ms": 60000}
// expect: {"kind": "limit_exceeded", "limit": "memory"}
// expect: {"kind": "threw", "error": {"name": "RangeError"}}
async function main() { const all = []; for (;;) all.push(new Promise(() => {})); }
