// expect: {"kind": "returned", "value": 3}
export default { main(input) { return input.a + 1; } };
