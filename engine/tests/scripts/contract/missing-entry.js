// expect: {"kind": "threw"}
const x = 1;
