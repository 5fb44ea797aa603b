Object.keys({ b: 1, 2: 1, a: 1, 1: 1, "-1": 1, "01": 1 })
//=> ["1", "2", "b", "a", "-1", "01"]

const o = { z: 1 }; o[10] = 1; o.y = 1; o[9] = 1; delete o.z; o.z = 2; Object.keys(o)
//=> ["9", "10", "y", "z"]

Reflect.ownKeys({ [Symbol.iterator]: 1, x: 1, 3: 1, [Symbol("s")]: 1, 0: 1 }).map(String)
//=> ["0", "3", "x", "Symbol(Symbol.iterator)", "Symbol(s)"]

JSON.stringify({ 4294967295: 1, 4294967294: 1, a: 0 })
//=> {"4294967294":1,"4294967295":1,"a":0}

const o = { get x() { return this.y * 2; }, set x(v) { this.y = v; }, y: 1 }; o.x = 21; o.x
//=> 42

const o = { __proto__: { inherited: 1 }, own: 2 }; [Object.keys(o), "inherited" in o, o.hasOwnProperty("inherited")]
//=> [["own"], true, false]

const o = { "__proto__": null }; Object.getPrototypeOf(o)
//=> null

const __proto__ = 5; const o = { __proto__ }; [Object.keys(o), Object.getPrototypeOf(o) === Object.prototype]
//=> [["__proto__"], true]

({ __proto__: null, ["__proto__"]: 7 }).__proto__
//=> 7

const o = Object.freeze({ a: { b: 1 } }); o.a.b = 2; o.c = 3; [o, Object.isFrozen(o)]
//=> [{a: {b: 2}}, true]

"use strict"; const o = Object.freeze({ a: 1 }); o.a = 2
//=> throws <TypeError>

"use strict"; const o = Object.seal({ a: 1 }); o.a = 2; delete o.a
//=> throws <TypeError>

"use strict"; const o = Object.preventExtensions([]); o.push(1)
//=> throws <TypeError>

Object.getOwnPropertyDescriptor({ get a() { return 1; } }, "a")
//=> {get: function get a, set: undefined, enumerable: true, configurable: true}

Object.getOwnPropertyDescriptors(class { static m() {} static get g() { return 1; } })
//=> {length: {value: 0, writable: false, enumerable: false, configurable: true}, name: {value: "", writable: false, enumerable: false, configurable: true}, prototype: {value: {}, writable: false, enumerable: false, configurable: false}, m: {value: function m, writable: true, enumerable: false, configurable: true}, g: {get: function get g, set: undefined, enumerable: false, configurable: true}}

const o = {}; Object.defineProperty(o, "x", { value: 1 }); [Object.keys(o), JSON.stringify(Object.getOwnPropertyDescriptor(o, "x"))]
//=> [[], "{"value":1,"writable":false,"enumerable":false,"configurable":false}"]

const o = {}; Object.defineProperty(o, "x", { value: 1 }); Object.defineProperty(o, "x", { value: 2 })
//=> throws <TypeError>

const o = {}; Object.defineProperty(o, "x", { value: NaN }); Object.defineProperty(o, "x", { value: NaN }); o.x
//=> NaN

const o = {}; Object.defineProperty(o, "x", { value: 0 }); Object.defineProperty(o, "x", { value: -0 })
//=> throws <TypeError>

Object.defineProperty({}, "x", { get() {}, value: 1 })
//=> throws <TypeError>

const o = Object.create({ set x(v) { this.seen = v; } }); o.x = 5; [Object.keys(o), o.seen]
//=> [["seen"], 5]

const o = Object.create(Object.freeze({ x: 1 })); o.x = 2; [o.x, Object.keys(o)]
//=> [1, []]

"use strict"; const o = Object.create({ get x() { return 1; } }); o.x = 2
//=> throws <TypeError>

Object.assign({ a: 1 }, null, { b: 2 }, undefined, "xy", 5, [9])
//=> {0: 9, 1: "y", a: 1, b: 2}

Object.assign({}, { get a() { throw new RangeError("getter"); } })
//=> throws <RangeError>

Object.entries("ab")
//=> [["0", "a"], ["1", "b"]]

Object.fromEntries(new Map([["a", 1], ["b", [2]]]))
//=> {a: 1, b: [2]}

Object.fromEntries([["x", 1], ["x", 2]])
//=> {x: 2}

const { a = 10, b: { c = 5, ...rest } = {}, ...others } = { b: { d: 1, e: 2 }, f: 3, g: 4 }; [a, c, rest, others]
//=> [10, 5, {d: 1, e: 2}, {f: 3, g: 4}]

const { length, 0: first, [`${1}`]: second } = "xyz"; [length, first, second]
//=> [3, "x", "y"]

const { x } = null
//=> throws <TypeError>

const {} = undefined
//=> throws <TypeError>

let a = 1, b = 2; [a, b] = [b, a]; [a, b]
//=> [2, 1]

const order = []; const key = (k) => (order.push(k), k); const o = { [key("a")]: order.push("v1"), [key("b")]: order.push("v2") }; order
//=> ["a", "v1", "b", "v2"]

const log = []; const p = new Proxy({ a: 1, b: 2 }, { ownKeys(t) { log.push("ownKeys"); return Reflect.ownKeys(t); }, getOwnPropertyDescriptor(t, k) { log.push("gopd " + k); return Reflect.getOwnPropertyDescriptor(t, k); }, get(t, k) { log.push("get " + String(k)); return t[k]; } }); ({ ...p }); log
//=> ["ownKeys", "gopd a", "get a", "gopd b", "get b"]

({ ...[1, 2], ..."ab", ...null, ...7 })
//=> {0: "a", 1: "b"}

const s = Symbol("k"); const o = { [s]: 1, a: 2 }; const { [s]: v, ...rest } = o; [v, rest, Object.getOwnPropertySymbols({ ...o }).length]
//=> [1, {a: 2}, 1]

Object.is(-0, 0) + " " + Object.is(NaN, NaN)
//=> false true

({ valueOf() { return 42; } }) + 1
//=> 43

({ toString() { return "s"; }, valueOf() { return {}; } }) + 1
//=> s1

({ toString() { return {}; }, valueOf() { return {}; } }) + 1
//=> throws <TypeError>

const o = { [Symbol.toPrimitive](hint) { return hint; } }; [`${o}`, o + "", +o, o * 2, o == "default"]
//=> ["string", "default", NaN, NaN, true]

const o = { [Symbol.toPrimitive]: 1 }; o + ""
//=> throws <TypeError>

Object.prototype.toString.call(null) + Object.prototype.toString.call([]) + Object.prototype.toString.call(function* () {}()) + Object.prototype.toString.call(new Date(0))
//=> [object Null][object Array][object Generator][object Date]

String({ [Symbol.toStringTag]: "Thing" })
//=> [object Thing]

const o = { a: 1, b: 2, c: 3 }; const seen = []; for (const k in o) { seen.push(k); delete o.b; o.d = 4; } seen
//=> ["a", "c"]

const o = Object.create({ p: 1, q: 2 }, { p: { value: 1, enumerable: false } }); const seen = []; for (const k in o) seen.push(k); seen
//=> ["q"]

for (var k in null) {} for (var k in undefined) {} typeof k
//=> undefined

const a = [1, 2, 3]; a.x = 1; const seen = []; for (const i in a) seen.push(i); seen
//=> ["0", "1", "2", "x"]

Object.setPrototypeOf({}, 5)
//=> throws <TypeError>

const a = {}, b = Object.create(a); Object.setPrototypeOf(a, b)
//=> throws <TypeError>

const o = { f() { return super.toString === Object.prototype.toString; } }; o.f()
//=> true

const a = { f() { return "a"; } }, b = { __proto__: a, f() { return super.f() + "b"; } }, c = { __proto__: b }; c.f()
//=> ab

const o = { async *gen() {}, get [`k${1}`]() { return 1; }, async m() {}, *g() {} }; [o.gen.name, Object.getOwnPropertyDescriptor(o, "k1").get.name, o.m.name, o.g.name]
//=> ["gen", "get k1", "m", "g"]

const f = () => {}, o = { g: () => {}, [Symbol("d")]: function () {} }; [f.name, o.g.name, o[Object.getOwnPropertySymbols(o)[0]].name, (() => {}).name]
//=> ["f", "g", "[d]", ""]

const o = { a: 1 }; delete o.a && delete o.missing && delete o.a
//=> true

"use strict"; delete Object.prototype
//=> throws <TypeError>

delete [].length
//=> false

globalThis.undefined = 1; undefined
//=> undefined

typeof undeclared + (() => { try { undeclared; } catch (e) { return e.name; } })()
//=> undefinedReferenceError

undeclared = 1; [typeof undeclared, delete globalThis.undeclared, typeof undeclared]
//=> ["number", true, "undefined"]

"use strict"; undeclaredStrict = 1
//=> throws <ReferenceError>

Number.prototype.own = function () { "use strict"; return typeof this; }; (5).own()
//=> number

Number.prototype.own = function () { return typeof this; }; (5).own()
//=> object

"use strict"; (5).x = 1
//=> throws <TypeError>

(5).x = 1; (5).x
//=> undefined

null.x
//=> throws <TypeError>

undefined?.x?.y.z
//=> undefined

null?.[(() => { throw 1; })()]
//=> undefined

const o = { f() { return this === o; } }; [o?.f(), (o?.f)(), o?.["f"]?.()]
//=> [true, true, true]

delete undefined?.x
//=> true

const o = { n: null, z: 0, e: "" }; o.n ??= 1; o.z ||= 2; o.e &&= 3; [o.n ?? 9, o.z, o.e]
//=> [1, 2, ""]

const log = []; const o = { get x() { log.push("get"); return 1; }, set x(v) { log.push("set"); } }; o.x ??= 2; o.x ||= 2; o.x &&= 2; log
//=> ["get", "get", "get", "set"]

Object.entries({ a: 1, get b() { delete this.c; return 2; }, c: 3 })
//=> [["a", 1], ["b", 2]]

Object.isFrozen("x") && Object.isSealed(1) && !Object.isExtensible(1)
//=> true

Object.keys(new (class { c = 1; a = 2; 5 = 3; #p = 4; })())
//=> ["5", "c", "a"]

Reflect.has({ x: 1 }, "x") && Reflect.get({ get a() { return this.b; } }, "a", { b: 7 })
//=> 7

Reflect.set({ set a(v) { this.b = v; } }, "a", 1, 5)
//=> true

Reflect.defineProperty(Object.freeze({}), "x", { value: 1 })
//=> false

Reflect.construct(function () { return new.target; }, [], Array) === Array
//=> true

Reflect.apply(Math.max, null, { length: 3, 0: 1, 1: 9, 2: 4 })
//=> 9

Reflect.ownKeys(5)
//=> throws <TypeError>

Object(1n) instanceof BigInt && typeof Object(Symbol())
//=> object

new Object(undefined) instanceof Object && Object("s").length
//=> 1
