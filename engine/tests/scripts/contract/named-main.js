// expect: {"kind": "returned", "value": 3}
export function main(input) { return input.a + 1; }
