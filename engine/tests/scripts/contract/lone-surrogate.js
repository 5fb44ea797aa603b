// expect: {"kind": "returned"}
function main() { return '\ud800x'; }
