// expect: {"kind": "returned", "value": 3}
const main = async (input) => input.a + 1;
