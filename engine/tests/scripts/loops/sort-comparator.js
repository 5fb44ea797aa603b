// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { return [3, 1, 2].sort(() => { for (;;) {} }); }
