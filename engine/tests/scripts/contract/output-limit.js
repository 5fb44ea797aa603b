// limits: {"output_bytes": 1000}
// expect: {"kind": "limit_exceeded", "limit": "output"}
function main() { return 'x'.repeat(2000); }
