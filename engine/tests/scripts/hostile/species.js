// expect: {"kind": "returned", "value": [3, 5]}
class Own extends Array {
  static get [Symbol.species]() { throw new Error("species"); }
}
function main() {
  Array[Symbol.species] ?? 0;
  Object.defineProperty(Array, Symbol.species, { get() { throw new Error("species"); } });
  Object.defineProperty(Promise, Symbol.species, { get() { throw new Error("species"); } });
  console.log(Own.of(1, 2), [1], new Map([[1, 2]]), Promise.resolve(1));
  console.table([[1, 2]]);
  return Own.of(3, 5);
}
