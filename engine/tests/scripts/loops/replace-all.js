// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { return 'x'.repeat(1e6).replaceAll('', () => { for (;;) {} }); }
