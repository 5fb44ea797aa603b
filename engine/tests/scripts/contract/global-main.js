// expect: {"kind": "returned", "value": 3}
function main(input) { return input.a + 1; }
