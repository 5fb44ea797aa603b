// expect: {"kind": "threw"}
function main() { return new Promise(() => {}); }
