// Collections that begin while somebody looks at an object.
const out = [];
const say = (...values) => out.push(...values.map(String));
// Each property that is read at a new place is remembered there, and what remembers it is allocated while iterators of the map are garbage.
const reads = ["get", "set", "has", "clear", "delete", "size", "keys", "values", "entries", "forEach", "missing"].map((name) => "typeof map." + name);
let looked = 0;
for (let round = 0; round < 20000; round++) {
  const map = round % 2 ? new Map([[1, 2]]) : new Set([1]);
  for (let i = 0; i < 20; i++) map.entries();
  looked += new Function("map", "return [" + reads + "].length")(map);
}
say(looked);
const kept = new Map(), given = [];
for (let i = 0; i < 2000; i++) {
  kept.set(i, { i });
  kept.keys().next();
  if (i > 10) kept.delete(i - 10);
  if (i % 500 === 0) given.push([...kept.keys()].join("."));
}
say(kept.size, given.join());
// An array made with its length is filled from the front; nothing else is appended below a length.
const filled = new Array(5);
for (let i = 0; i < 3; i++) filled[i] = i / 2;
say(filled.length, filled.join(), 3 in filled, filled.push(7), filled.join());
const low = new Array(4);
low[0] = 1; low[2] = 3; low[1] = 2; low[3] = 4; low[4] = 5;
say(low.length, low.join(), Object.keys(low).join());
const popped = new Array(3);
popped[0] = "a";
say(popped.pop(), popped.length, popped.push("b"), popped.join());
const fixed = Object.freeze(new Array(2));
fixed[0] = 1;
say(fixed.length, 0 in fixed);
const readOnly = Object.defineProperty(new Array(2), "length", { writable: false });
readOnly[0] = 1; readOnly[2] = 1;
say(readOnly.length, readOnly.join());
Object.defineProperty(Array.prototype, 1, { set(value) { say("set " + value); }, configurable: true });
const watched = new Array(3);
watched[0] = 1; watched[1] = 2; watched[2] = 3;
say(watched.join(), 1 in Object.keys(watched), watched.hasOwnProperty(1));
delete Array.prototype[1];
out.join("\n");
