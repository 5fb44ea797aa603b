const a = [1, , 3]; [a.length, 1 in a, a.map((x) => x * 2), a.forEach((x) => x), a.filter(() => true), JSON.stringify(a), a.join("-")]
//=> [3, false, [2, hole, 6], undefined, [1, 3], "[1,null,3]", "1--3"]

[[, 1].findIndex((x) => x === undefined), [, 1].indexOf(undefined), [, 1].includes(undefined), [NaN].indexOf(NaN), [NaN].includes(NaN), [-0].indexOf(0)]
//=> [0, -1, true, -1, true, 0]

const a = []; a[5] = 1; a.length = 2; a[3] = "x"; [a.length, Object.keys(a), a.flat()]
//=> [4, ["3"], ["x"]]

const a = [1, 2, 3]; a.length = 1; a.length = 3; [a, 1 in a]
//=> [[1, hole, hole], false]

[].length = -1
//=> throws <RangeError>

new Array(-1)
//=> throws <RangeError>

new Array(1.5)
//=> throws <RangeError>

[new Array(3).length, new Array("3").length, Array.of(3).length, Array(1, 2), Array.from({ length: 3 }, (_, i) => i * i), Array.from("a😀")]
//=> [3, 1, 1, [1, 2], [0, 1, 4], ["a", "😀"]]

Array.from({ length: 2, 0: "a", 1: "b", 2: "c" })
//=> ["a", "b"]

Array.from(new Map([[1, 2]]), ([k, v]) => k + v)
//=> [3]

[3, 1, 2].sort() + " " + [10, 9, 1].sort() + " " + [, 3, undefined, 1].sort().length + " " + [true, "b", null, 1].sort()
//=> 1,2,3 1,10,9 4 1,b,,true

const a = [, 3, undefined, 1]; a.sort(); [a.length, 3 in a, a[2] === undefined && 2 in a]
//=> [4, false, true]

const rows = Array.from({ length: 40 }, (_, i) => ({ k: i % 3, i })); rows.sort((a, b) => a.k - b.k); rows.map((r) => r.i).join()
//=> 0,3,6,9,12,15,18,21,24,27,30,33,36,39,1,4,7,10,13,16,19,22,25,28,31,34,37,2,5,8,11,14,17,20,23,26,29,32,35,38

[5, 1, 4].sort((a, b) => (a < b ? 1 : -1)) + " " + [1, 2, 3].sort(() => 0) + " " + [2, 1].sort((a, b) => "x")
//=> 5,4,1 1,2,3 2,1

[2, 1].sort(null)
//=> throws <TypeError>

[1, 2].sort((a, b) => { throw new RangeError("c"); })
//=> throws <RangeError>

[1].sort((a, b) => { throw 1; })
//=> [1]

["B", "a", "C"].sort((a, b) => a.toLowerCase() < b.toLowerCase() ? -1 : 1) + " " + ["é", "z", "a", "Z"].sort()
//=> a,B,C Z,a,z,é

const a = [5, 3, 1]; const b = a.toSorted(); [a, b, a.toReversed(), a.with(1, 9), a.toSpliced(0, 2, "x")]
//=> [[5, 3, 1], [1, 3, 5], [1, 3, 5], [5, 9, 1], ["x", 1]]

[1].with(5, 0)
//=> throws <RangeError>

const a = [1, 2, 3, 4, 5]; [a.splice(1, 2, "a", "b", "c"), a, a.splice(-2), a, a.splice(1), a]
//=> [[2, 3], [1], [4, 5], [1], ["a", "b", "c"], [1]]

const a = [1, 2, 3]; [a.splice(), a.splice(undefined), a]
//=> [[], [1, 2, 3], []]

[[1, 2, 3, 4, 5].copyWithin(0, 3), [1, 2, 3].fill(0, 1), [1, 2, 3].fill(9, -1), [1, 2, 3, 4].copyWithin(1, 0, 3)]
//=> [[4, 5, 3, 4, 5], [1, 0, 0], [1, 2, 9], [1, 1, 2, 3]]

[[1, [2, [3, [4]]]].flat(), [1, [2, [3, [4]]]].flat(Infinity), [[1], 2].flatMap((x) => x), [1, 2].flatMap((x) => [x, [x]])]
//=> [[1, 2, [3, [4]]], [1, 2, 3, 4], [1, 2], [1, [1], 2, [2]]]

[[1, 2, 3].reduce((a, b) => a + b), [[1], [2]].reduceRight((a, b) => a.concat(b)), [].reduce((a, b) => a, 5)]
//=> [6, [2, 1], 5]

[].reduce((a) => a)
//=> throws <TypeError>

[[1, 2, 3].at(-1), [1, 2, 3].findLast((x) => x < 3), [1, 2, 3].findLastIndex((x) => x > 9), [1, 2, 3].lastIndexOf(3, -2)]
//=> [3, 2, -1, -1]

[[1, 2].concat(3, [4, [5]], { length: 1, 0: 6 }).length, [1].concat({ [Symbol.isConcatSpreadable]: true, length: 1, 0: 6 }), [].concat([,]).length]
//=> [6, [1, 6], 1]

[[1, 2, 3].slice(-2), [1, 2, 3].slice(1, -1), [1, 2, 3].slice(5), Array.prototype.slice.call("abc", 1), Array.prototype.map.call("abc", (c) => c + c)]
//=> [[2, 3], [2], [], ["b", "c"], ["aa", "bb", "cc"]]

const a = [1]; a.push(a); String(a) + JSON.stringify([a.length])
//=> 1,[2]

const a = []; a.push(a); JSON.stringify(a)
//=> throws <TypeError>

const a = [1, 2, 3]; const seen = []; a.forEach((x, i) => { seen.push(x); if (i < 2) a.push(x * 10); }); [seen, a]
//=> [[1, 2, 3], [1, 2, 3, 10, 20]]

const a = [1, 2, 3]; const seen = []; for (const x of a) { seen.push(x); if (a.length < 6) a.push(x * 10); } seen
//=> [1, 2, 3, 10, 20, 30]

const a = [1, 2, 3]; const seen = []; a.forEach((x) => { seen.push(x); a.pop(); }); seen
//=> [1, 2]

const a = [3, 2, 1]; a.sort((x, y) => { a.length = 0; return x - y; }); a
//=> [1, 2, 3]

[..."ab", ...[1, , 2], ...new Set([1, 1]), ...(function* () { yield 9; })()]
//=> ["a", "b", 1, undefined, 2, 1, 9]

[...{}]
//=> throws <TypeError>

[...undefined]
//=> throws <TypeError>

Math.max(...[1, 5, 3], ...new Set([9]), 2)
//=> 9

const [a, , b = 5, ...[c, d]] = [1, 2, undefined, 4, 5]; [a, b, c, d]
//=> [1, 5, 4, 5]

const [x = (() => { throw new RangeError("default"); })()] = []; x
//=> throws <RangeError>

let i = 0; const a = []; [a[i++], a[i++]] = "xy"; [a, i]
//=> [["x", "y"], 2]

let closed = 0; const it = { [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }), return() { closed++; return {}; } }; } }; const [a, b] = it; [a, b, closed]
//=> [1, 1, 1]

let closed = 0; const it = { [Symbol.iterator]() { return { next: () => ({ done: false, value: 1 }), return() { closed++; return {}; } }; } }; for (const x of it) break; try { for (const x of it) throw 1; } catch {} l: for (const y of [1]) for (const x of it) continue l; closed
//=> 3

const it = { [Symbol.iterator]() { return { next: () => ({ done: false }), return: 5 }; } }; for (const x of it) break
//=> throws <TypeError>

const it = { [Symbol.iterator]: () => 5 }; for (const x of it);
//=> throws <TypeError>

[[1, 2, 3].entries().next().value, [...[7, 8].keys()], [...["a"].entries()], [][Symbol.iterator] === [].values]
//=> [[0, 1], [0, 1], [[0, "a"]], true]

Array.isArray(new Proxy([], {})) && !Array.isArray({ __proto__: Array.prototype })
//=> true

class Sub extends Array { get tag() { return "sub"; } } const s = Sub.from([1, 2, 3]); [s.map((x) => x).tag, s.filter(Boolean) instanceof Sub, s.length, s.concat(4).tag, [].concat(s).tag]
//=> ["sub", true, 3, "sub", undefined]

class Sub extends Array { static get [Symbol.species]() { return Array; } } new Sub(1, 2, 3).map((x) => x) instanceof Sub
//=> false

const a = [1, 2]; a["2"] = 3; a["03"] = 4; a[-1] = 5; a[1.5] = 6; [a.length, Object.keys(a)]
//=> [3, ["0", "1", "2", "03", "-1", "1.5"]]

const a = []; a[4294967294] = 1; a[4294967295] = 2; [a.length, Object.keys(a)]
//=> [4294967295, ["4294967294", "4294967295"]]

const a = []; a[4294967294] = 1; a.push(2)
//=> throws <RangeError>

const o = { length: 2 ** 53 - 1 }; Array.prototype.push.call(o, 1)
//=> throws <TypeError>

const o = { length: 1, 0: "a" }; Array.prototype.push.call(o, "b"); Array.prototype.unshift.call(o, "z"); o
//=> {0: "z", 1: "a", 2: "b", length: 3}

[Array.prototype.indexOf.call({ length: -1, 0: 1 }, 1), Array.prototype.join.call({ length: 2, 0: 1 }), Array.prototype.reverse.call({ length: 2, 0: "x" })]
//=> [-1, "1,", {1: "x", length: 2}]

"use strict"; const a = Object.freeze([1]); a[0] = 2
//=> throws <TypeError>

"use strict"; Object.defineProperty([1, 2], "length", { writable: false }).pop()
//=> throws <TypeError>

const a = [1, 2, 3]; Object.defineProperty(a, 1, { configurable: false }); try { a.length = 0; } catch {} [a.length, a]
//=> [2, [1, 2]]

const a = [1, 2, 3]; delete a[1]; [a, a.length, a.reverse()]
//=> [[3, hole, 1], 3, [3, hole, 1]]

const a = Array(3); [a.map(() => 1), [...a].map(() => 1), a.fill().map(() => 1), Array.apply(null, a), a.every(() => false), a.some(() => true)]
//=> [[hole, hole, hole], [1, 1, 1], [1, 1, 1], [undefined, undefined, undefined], false, true]

[[3, 2, 1].keys().next(), [].values().next(), [1].values().toString()]
//=> [{value: 0, done: false}, {value: undefined, done: true}, "[object Array Iterator]"]

const a = [0, 1, 2, 3]; a.forEach((x, i) => { if (i === 0) a.shift(); }); [a, [1, 2, 3].shift(), [].pop(), [].shift(), [1].unshift(5, 6)]
//=> [[1, 2, 3], 1, undefined, undefined, 3]

Object.prototype[1] = "proto"; const a = [0, , 2]; const r = [a[1], a.includes("proto"), a.indexOf("proto"), a.map((x) => x).join()]; delete Object.prototype[1]; r
//=> ["proto", true, 1, "0,proto,2"]

Array.prototype[0] = "p"; const a = [,]; const r = [a[0], a.hasOwnProperty(0), a.pop(), a.length]; delete Array.prototype[0]; r
//=> ["p", false, "p", 0]

let seen; Object.defineProperty(Array.prototype, 3, { set(v) { seen = v; }, configurable: true }); const a = []; a[3] = "s"; const r = [seen, a.length]; delete Array.prototype[3]; r
//=> ["s", 0]

const t = new Uint8Array([3, 1, 2]); [t.sort(), t.subarray(1).length, t.slice(1), t.map((x) => x * 100), t.join("-"), t.indexOf(3), t.toReversed(), Object.keys(t)]
//=> [Uint8Array[1, 2, 3], 2, Uint8Array[2, 3], Uint8Array[100, 200, 44], "1-2-3", 2, Uint8Array[3, 2, 1], ["0", "1", "2"]]

const t = new Uint8Array(2); t[5] = 1; t["-0"] = 1; t.x = 1; [t, Object.keys(t), "5" in t, "-0" in t]
//=> [Uint8Array[0, 0], ["0", "1", "x"], false, false]

const b = new ArrayBuffer(8), d = new DataView(b); d.setInt16(0, -2); d.setFloat32(4, 1.5, true); [new Uint8Array(b), d.getUint16(0), d.getUint16(0, true), d.getFloat32(4, true)]
//=> [Uint8Array[255, 254, 0, 0, 0, 0, 192, 63], 65534, 65279, 1.5]

new DataView(new ArrayBuffer(2)).getInt32(0)
//=> throws <RangeError>

new Uint16Array(new ArrayBuffer(3))
//=> throws <RangeError>

new Uint16Array(new ArrayBuffer(4), 1)
//=> throws <RangeError>

const t = new Float64Array([NaN, 1, -0, 0, -1]); t.sort(); [...t].map((x) => Object.is(x, -0) ? "-0" : String(x))
//=> ["-1", "-0", "0", "1", "NaN"]

[Uint8Array.from({ length: 2, 0: 5, 1: 300 }), Uint8Array.of(1, 2), new Uint8Array([1, 2]).with(0, 5), new Uint8Array(new Set([1, 2])), new BigInt64Array([1n, -1n])]
//=> [Uint8Array[5, 44], Uint8Array[1, 2], Uint8Array[5, 2], Uint8Array[1, 2], BigInt64Array[1n, -1n]]

new BigInt64Array([1])
//=> throws <TypeError>

const t = new Uint8Array([1, 2, 3, 4]); t.set([9, 8], 1); t.set(t.subarray(0, 3), 1); t
//=> Uint8Array[1, 1, 9, 8]

new Uint8Array(2).set([1, 2, 3])
//=> throws <RangeError>

[new Uint8Array([1, 2, 3]).at(-1), new Uint8Array([1, 2]).findLast((x) => x < 2), new Uint8Array([5]).includes(5), new Float32Array([NaN]).includes(NaN), new Int8Array(3).fill(7, 1)]
//=> [3, 1, true, true, Int8Array[0, 7, 7]]
