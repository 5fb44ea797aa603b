// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
// expect: {"kind": "limit_exceeded", "limit": "stack"}
function main() { const f = () => f.call(); for (;;) { try { f(); } catch {} } }
