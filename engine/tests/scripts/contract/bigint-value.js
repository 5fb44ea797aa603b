// expect: {"kind": "threw", "error": {"name": "TypeError"}}
function main() { return { items: [{ id: 1n }] }; }
