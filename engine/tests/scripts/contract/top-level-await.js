// expect: {"kind": "returned", "value": 5}
const five = await new Promise((done) => setTimeout(done, 1, 5));
export default () => five;
