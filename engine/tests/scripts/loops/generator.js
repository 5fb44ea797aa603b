// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { function* g() { for (;;) yield 1; } for (const x of g()) {} }
