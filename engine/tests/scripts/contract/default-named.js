// expect: {"kind": "returned", "value": 3}
export default async function run(input) { await null; return input.a + 1; }
