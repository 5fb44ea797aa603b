function* g() { const x = yield 1; const y = yield x * 2; return y; } const it = g(); [it.next("ignored"), it.next(10), it.next("end"), it.next()].map((r) => JSON.stringify(r))
//=> ["{"value":1,"done":false}", "{"value":20,"done":false}", "{"value":"end","done":true}", "{"done":true}"]

function* g() { try { yield 1; yield 2; } finally { yield "cleanup"; } } const it = g(); [it.next().value, it.return(9).value, it.next(), it.next()].map((r) => JSON.stringify(r))
//=> ["1", ""cleanup"", "{"value":9,"done":true}", "{"done":true}"]

function* g() { try { yield 1; } catch (e) { yield "caught " + e; } } const it = g(); it.next(); [it.throw("x").value, it.next().done]
//=> ["caught x", true]

function* g() { yield 1; } const it = g(); [JSON.stringify(it.return(5)), JSON.stringify(it.next())]
//=> ["{"value":5,"done":true}", "{"done":true}"]

function* g() { yield 1; } g().throw(new RangeError("t"))
//=> throws <RangeError>

function* g() { it.next(); yield 1; } const it = g(); it.next()
//=> throws <TypeError>

function* inner() { const r = yield "i1"; return "result " + r; } function* outer() { const v = yield* inner(); yield v; } const it = outer(); [it.next().value, it.next("sent").value]
//=> ["i1", "result sent"]

function* g() { yield* [1, 2]; yield* "ab"; return yield* (function* () { return 5; })(); } [[...g()], (() => { let r; const it = g(); while (!(r = it.next()).done); return r.value; })()]
//=> [[1, 2, "a", "b"], 5]

function* g() { yield* 5; } [...g()]
//=> throws <TypeError>

const log = []; const inner = { [Symbol.iterator]() { return { next() { return { value: 1, done: false }; }, throw(e) { log.push("throw"); return { value: "t", done: true }; }, return(v) { log.push("return " + v); return { done: true, value: v }; } }; } }; function* g() { return yield* inner; } const it = g(); it.next(); log.push(JSON.stringify(it.return(3))); const jt = g(); jt.next(); log.push(JSON.stringify(jt.throw(1))); log
//=> ["return 3", "{"value":3,"done":true}", "throw", "{"value":"t","done":true}"]

function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } } const [a, b, c, d, e, f] = fib(); [a, b, c, d, e, f]
//=> [0, 1, 1, 2, 3, 5]

function* g() { return 1; } [...g(), g()[Symbol.iterator]() !== undefined, g() instanceof g, Object.getPrototypeOf(g()) === g.prototype]
//=> [true, true, true]

new (function* () {})()
//=> throws <TypeError>

function* g(a = (() => { throw new RangeError("early"); })()) {} g()
//=> throws <RangeError>

const it = [1, 2, 3][Symbol.iterator](); it.next(); [...it]
//=> [2, 3]

const it = { from: 1, to: 3, [Symbol.iterator]() { let at = this.from, to = this.to; return { next: () => (at <= to ? { value: at++ } : { done: true }) }; } }; [[...it], Math.max(...it), Array.from(it, (x) => x * x)]
//=> [[1, 2, 3], 3, [1, 4, 9]]

const it = { [Symbol.iterator]() { return { next() { return 5; } }; } }; [...it]
//=> throws <TypeError>

const it = { [Symbol.iterator]() { return {}; } }; [...it]
//=> throws <TypeError>

for (const [k, v] of new Map([["a", 1]])) k + v
//=> a1

for (const x of 5) x
//=> throws <TypeError>

const seen = []; for (const x of (function* () { try { yield 1; yield 2; } finally { seen.push("closed"); } })()) { seen.push(x); break; } seen
//=> [1, "closed"]

let n = 0; const it = { [Symbol.iterator]: () => ({ next: () => ({ done: n++ > 2, get value() { return n; } }) }) }; [...it]
//=> [1, 2, 3]

const m = new Map([[1, "a"], [2, "b"]]); const seen = []; for (const [k] of m) { seen.push(k); if (k === 1) { m.delete(2); m.set(3, "c"); } } seen
//=> [1, 3]

const s = new Set([1, 2, 3]); const seen = []; for (const x of s) { seen.push(x); s.delete(x); if (seen.length < 5) s.add(x); } seen
//=> [1, 2, 3, 1, 2, 3, 1]

const m = new Map(); m.set(NaN, 1).set(-0, 2).set("0", 3); [m.get(NaN), m.get(0), Object.is([...m.keys()][1], 0), m.size]
//=> [1, 2, true, 3]

const m = new Map([["a", 1], ["b", 2]]); m.delete("a"); m.set("a", 3); [[...m], m.has("z"), m.get("z"), m.delete("z")]
//=> [[["b", 2], ["a", 3]], false, undefined, false]

const m = new Map([[1, 1]]); const seen = []; m.forEach((v, k, map) => { seen.push([v, k, map === m]); if (k < 3) m.set(k + 1, v); }); seen
//=> [[1, 1, true], [1, 2, true], [1, 3, true]]

const s = new Set([1, 1, "1", NaN, NaN, 0, -0]); [s.size, [...s], s.add(5) === s, [...s.entries()].length]
//=> [4, [1, "1", NaN, 0], true, 5]

Map()
//=> throws <TypeError>

new Map([1])
//=> throws <TypeError>

new Map(5)
//=> throws <TypeError>

new Set(null).size + new Map(undefined).size
//=> 0

new WeakMap().set("x", 1)
//=> throws <TypeError>

const k = {}; const w = new WeakMap([[k, 1]]); [w.get(k), w.has({}), w.delete(k), w.has(k), new WeakSet([k]).has(k)]
//=> [1, false, true, false, true]

const m = new Map([[1, 2]]); const it = m[Symbol.iterator](); m.clear(); m.set(5, 6); [...it]
//=> [[5, 6]]

const it = new Set([1, 2]).values(); [it.next(), it[Symbol.toStringTag], Object.prototype.toString.call(it), it[Symbol.iterator]() === it]
//=> [{value: 1, done: false}, "Set Iterator", "[object Set Iterator]", true]

[Map.prototype.entries === Map.prototype[Symbol.iterator], Set.prototype.keys === Set.prototype.values, new Map().set.length, Map.length]
//=> [true, true, 2, 0]

Map.prototype.get.call({}, 1)
//=> throws <TypeError>

Object.getOwnPropertyDescriptor(Map, Symbol.species).get.call("x")
//=> x

const a = [3, 4]; const e = a.entries(); a.push(5); [...e]
//=> [[0, 3], [1, 4], [2, 5]]

const log = []; const target = { a: 1 }; const p = new Proxy(target, { get(t, k, r) { log.push("get " + String(k)); return Reflect.get(t, k, r); }, has(t, k) { log.push("has " + String(k)); return k in t; }, set(t, k, v, r) { log.push("set " + k); return Reflect.set(t, k, v, r); }, deleteProperty(t, k) { log.push("delete " + k); return delete t[k]; }, defineProperty(t, k, d) { log.push("define " + k); return Reflect.defineProperty(t, k, d); }, getOwnPropertyDescriptor(t, k) { log.push("gopd " + k); return Reflect.getOwnPropertyDescriptor(t, k); }, ownKeys(t) { log.push("ownKeys"); return Reflect.ownKeys(t); } }); p.a; "b" in p; p.c = 1; delete p.a; Object.keys(p); log
//=> ["get a", "has b", "set c", "gopd c", "define c", "delete a", "ownKeys", "gopd c"]

new Proxy(Object.freeze({ a: 1 }), { get() { return 2; } }).a
//=> throws <TypeError>

"a" in new Proxy(Object.preventExtensions({ a: 1 }), { has() { return false; } })
//=> throws <TypeError>

"use strict"; new Proxy({}, { set() { return false; } }).x = 1
//=> throws <TypeError>

"use strict"; delete new Proxy({}, { deleteProperty() { return false; } }).x
//=> throws <TypeError>

Object.keys(new Proxy({}, { ownKeys() { return ["a", "a"]; } }))
//=> throws <TypeError>

Object.keys(new Proxy({}, { ownKeys() { return ["a", 5]; } }))
//=> throws <TypeError>

Object.keys(new Proxy({}, { ownKeys() { return ["a", "b"]; } }))
//=> []

Object.getPrototypeOf(new Proxy({}, { getPrototypeOf() { return Array.prototype; } })) === Array.prototype
//=> true

new Proxy({}, { getPrototypeOf() { return 5; } }) instanceof Array
//=> throws <TypeError>

const p = new Proxy(function () {}, { apply(t, self, args) { return args.length; }, construct(t, args) { return { made: args }; } }); [p(1, 2), new p(3).made, typeof p]
//=> [2, [3], "function"]

new Proxy(() => {}, { construct() { return {}; } })
//=> function (anonymous)

new (new Proxy(function () {}, { construct() { return 1; } }))()
//=> throws <TypeError>

const { proxy, revoke } = Proxy.revocable({ a: 1 }, {}); const before = proxy.a; revoke(); try { proxy.a; } catch (e) { before + e.name; }
//=> 1TypeError

const p = new Proxy([], {}); p.push(1, 2); p.length = 1; [p.length, Array.isArray(p), JSON.stringify(p), p.concat([5])]
//=> [1, true, "[1]", [1, 5]]

const p = new Proxy({}, { get: (t, k) => k }); const { a, [`b`]: b } = p; [a, b, p?.c]
//=> ["a", "b", "c"]

class A { #x = 1; get() { return this.#x; } } new Proxy(new A(), {}).get()
//=> throws <TypeError>

new Proxy({}, { get(t, k, r) { return r; } }).self !== undefined && Object.create(new Proxy({}, { get(t, k, r) { return Object.keys(r); } }), { own: { value: 1, enumerable: true } }).x
//=> ["own"]

const seen = []; for (const k in new Proxy({ a: 1, b: 2 }, { ownKeys: () => ["b", "a"] })) seen.push(k); seen
//=> ["b", "a"]

Object.prototype.hasOwnProperty.call(new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { return undefined; } }), "a")
//=> false

Proxy({}, {})
//=> throws <TypeError>

new Proxy(1, {})
//=> throws <TypeError>

[...function* () { let i = 0; while (i < 3) yield i++; }()].map((x) => x ** 2)
//=> [0, 1, 4]

const lazy = function* (xs) { for (const x of xs) { if (x > 2) return; yield x; } }; [...lazy([1, 2, 3, 4])]
//=> [1, 2]

const it = (function* () { yield 1; })(); [typeof it.next, typeof it[Symbol.iterator], it[Symbol.toStringTag], String(it)]
//=> ["function", "function", "Generator", "[object Generator]"]

Symbol.iterator in [] && Symbol.iterator in Object("") && !(Symbol.iterator in {})
//=> true

new Symbol()
//=> throws <TypeError>

[Symbol.iterator.toString(), Symbol.asyncIterator.description, typeof Symbol.toPrimitive, Symbol("a") === Symbol("a"), Object(Symbol.iterator) == Symbol.iterator]
//=> ["Symbol(Symbol.iterator)", "Symbol.asyncIterator", "symbol", false, true]

const log = []; const src = { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return() { log.push("closed"); return {}; } }) }; function* g() { for (const x of src) yield x; } const it = g(); it.next(); it.return(); log
//=> ["closed"]

const log = []; function* inner() { try { for (;;) yield 1; } finally { log.push("inner closed"); } } function* outer() { for (const x of inner()) yield x; } for (const x of outer()) break; log
//=> ["inner closed"]

const log = []; function* inner() { try { yield 1; } finally { log.push("inner closed"); } } function* outer() { for (const x of inner()) yield x; } const it = outer(); it.next(); try { it.throw(5); } catch (e) { log.push(e); } log
//=> ["inner closed", 5]
