// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { const a = []; a.length = 2 ** 32 - 1; return a.includes(5); }
