// expect: {"kind": "returned", "value": {"map": "done", "rest": [1, 2]}}
const made = [new Map([["k", 1]]), new Set([1]), new Uint8Array(2)], table = new Map([["k", { v: 1 }]]);
function main() {
  const boom = () => { throw new Error("iterated"); };
  Array.prototype[Symbol.iterator] = boom;
  Map.prototype[Symbol.iterator] = Map.prototype.entries = Map.prototype.forEach = boom;
  Set.prototype[Symbol.iterator] = Set.prototype.values = boom;
  console.log([1], made, { a: 1 });
  console.table(table);
  console.table([{ v: 1 }]);
  console.group("g");
  console.assert(false, "no");
  return { map: "done", rest: [1, 2] };
}
