// limits: {"wall_ms": 50, "fuel": 1000000000000}
// expect: {"kind": "limit_exceeded", "limit": "wall_time"}
function main() { for (;;) {} }
