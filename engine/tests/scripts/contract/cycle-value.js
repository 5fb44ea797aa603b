// expect: {"kind": "threw", "error": {"name": "TypeError"}}
function main() { const a = { b: {} }; a.b.c = a; return a; }
