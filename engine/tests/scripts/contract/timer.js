// expect: {"kind": "returned", "value": "later"}
async function main() { return await new Promise((done) => setTimeout(() => done('later'), 5)); }
