// limits: {"fuel": 1000000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() { return Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 5); }
