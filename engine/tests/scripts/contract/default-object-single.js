// expect: {"kind": "returned", "value": 3}
export default { anything: async (input) => input.a + 1 };
