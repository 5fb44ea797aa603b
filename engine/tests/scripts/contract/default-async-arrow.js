// expect: {"kind": "returned", "value": 3}
export default async (input) => input.a + 1;
