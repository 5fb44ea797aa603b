// expect: {"kind": "returned", "value": [{"a": 2}, [], "string"]}
// Input and context are made of own properties: what the script put on prototypes while it was loaded is not called.
const seen = [];
for (const key of ["a", "jobId", "attempt", "0", "length", "progress"]) {
  Object.defineProperty(Object.prototype, key, { configurable: true, get() { return undefined; }, set(value) { seen.push(key, value); } });
}
function main(input, libraries, ctx) {
  const own = Object.getOwnPropertyDescriptor(ctx, "jobId");
  for (const key of ["a", "jobId", "attempt", "0", "length", "progress"]) delete Object.prototype[key];
  return [input, seen, typeof own.value];
}
