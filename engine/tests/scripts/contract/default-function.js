// expect: {"kind": "returned", "value": 3}
export default function (input) { return input.a + 1; }
