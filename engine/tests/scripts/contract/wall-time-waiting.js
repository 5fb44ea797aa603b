// limits: {"wall_ms": 50}
// expect: {"kind": "limit_exceeded", "limit": "wall_time"}
function main() { return new Promise((done) => setTimeout(done, 1e9)); }
