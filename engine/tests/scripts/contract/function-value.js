// expect: {"kind": "threw", "error": {"name": "TypeError"}}
function main() { return { a: [() => 1] }; }
