// expect: {"kind": "returned", "value": 3}
export default (input) => input.a + 1;
