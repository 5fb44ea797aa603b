// expect: {"kind": "returned", "value": [1, {"b": 2}]}
// An inherited `then` is none of the values that an entry gives.
async function main() {
  const value = await Promise.resolve(1);
  let calls = 0;
  Promise.prototype.then = function () { calls++; return this; };
  return [value, { b: 2 }];
}
