structuredClone({ a: 1, b: "x", c: null, d: undefined, e: true, f: 1n, g: [1, [2]], h: { i: {} } })
//=> {a: 1, b: "x", c: null, d: undefined, e: true, f: 1n, g: [1, [2]], h: {i: {}}}

[structuredClone(1), structuredClone("s"), structuredClone(null), structuredClone(undefined), structuredClone(-0), structuredClone(NaN), structuredClone(10n)]
//=> [1, "s", null, undefined, -0, NaN, 10n]

const a = { x: 1 }; a.self = a; const b = structuredClone(a); [b.self === b, b !== a, b.x]
//=> [true, true, 1]

const shared = {}, c = structuredClone({ a: shared, b: shared }); c.a === c.b
//=> true

[structuredClone(new Date(5)), structuredClone(/a+/giu), structuredClone(new Map([[1, { a: 2 }]])), structuredClone(new Set([1, "b"]))]
//=> [Date 5, /a+/giu, Map {1 => {a: 2}}, Set {1, "b"}]

const m = new Map(); m.set("me", m); const c = structuredClone(m); c.get("me") === c
//=> true

const r = /x/g; r.lastIndex = 5; structuredClone(r).lastIndex
//=> 0

[structuredClone(new Uint8Array([1, 2])), structuredClone(new Uint8Array([1, 2]).buffer), structuredClone(new DataView(new ArrayBuffer(2))).byteLength, structuredClone(new Float64Array([1.5]))]
//=> [Uint8Array[1, 2], ArrayBuffer[1, 2], 2, Float64Array[1.5]]

const b = new ArrayBuffer(8), c = structuredClone({ x: new Uint8Array(b, 2, 3), y: new Uint16Array(b) }); [c.x.buffer === c.y.buffer, c.x.byteOffset, c.x.length, c.y.length]
//=> [true, 2, 3, 4]

[thrown(() => structuredClone(() => 1)), thrown(() => structuredClone(Symbol("x"))), thrown(() => structuredClone({ f() {} })), thrown(() => structuredClone(new WeakMap())), thrown(() => structuredClone(Promise.resolve())), thrown(() => structuredClone(new Proxy({}, {}))), thrown(() => structuredClone())]
//=> ["<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", "<TypeError>"]

const e = structuredClone(new RangeError("r", { cause: { a: 1 } })); [e.name, e.message, e.cause, e instanceof RangeError, Object.keys(e)]
//=> ["RangeError", "r", {a: 1}, true, []]

class Mine extends Error { name = "Mine"; extra = 1; } const e = structuredClone(new Mine("m")); [e.name, e.message, e.extra, e.constructor === Error]
//=> ["Error", "m", undefined, true]

const e = structuredClone(new DOMException("m", "AbortError")); [e.name, e.message, e.code, e instanceof DOMException]
//=> ["AbortError", "m", 20, true]

class P { constructor() { this.x = 1; } get y() { return 2; } } const c = structuredClone(new P()); [c, c.constructor === Object]
//=> [{x: 1}, true]

structuredClone(Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true }, hidden: { value: 2 } }))
//=> {own: 1}

const c = structuredClone({ get g() { return 7; }, [Symbol("s")]: 1 }); [c, Object.getOwnPropertyDescriptor(c, "g").value]
//=> [{g: 7}, 7]

[structuredClone([1, , 3]), structuredClone(Object.assign([1], { extra: 2 })).extra, structuredClone(new Array(3)).length]
//=> [[1, hole, 3], 2, 3]

[structuredClone(new Number(1)) instanceof Number, structuredClone(new String("s")) instanceof String, structuredClone(Object(1n)) instanceof BigInt, structuredClone(new Boolean(false)).valueOf()]
//=> [true, true, true, false]

thrown(() => structuredClone(Object(Symbol())))
//=> <DOMException DataCloneError>

const b = new ArrayBuffer(4), c = structuredClone(b, { transfer: [b] }); [b.byteLength, c.byteLength]
//=> [0, 4]

const u = new Uint8Array([1, 2, 3]), c = structuredClone({ u }, { transfer: [u.buffer] }); [u.length, c.u]
//=> [0, Uint8Array[1, 2, 3]]

const b = new ArrayBuffer(4); [thrown(() => structuredClone(1, { transfer: [b, b] })), thrown(() => structuredClone(1, { transfer: [{}] })), thrown(() => structuredClone({ f() {} }, { transfer: [b] })), b.byteLength]
//=> ["<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", 4]

const b = new ArrayBuffer(4); structuredClone(b, { transfer: [b] }); [thrown(() => structuredClone(b)), thrown(() => structuredClone(1, { transfer: [b] }))]
//=> ["<DOMException DataCloneError>", "<DOMException DataCloneError>"]

[thrown(() => structuredClone(new Event("x"))), thrown(() => structuredClone(new Response())), thrown(() => structuredClone(new ReadableStream())), thrown(() => structuredClone(new URLSearchParams()))]
//=> ["<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>", "<DOMException DataCloneError>"]

let deep = {}; const top = deep; for (let i = 0; i < 20000; i++) deep = deep.n = {}; let c = structuredClone(top), n = 0; while ((c = c.n)) n++; n
//=> 20000

thrown(() => structuredClone({ get x() { throw new RangeError("g"); } }))
//=> <RangeError>

[structuredClone(function () { return arguments; }.length), structuredClone(new Date(NaN)).getTime(), structuredClone("\ud800").length]
//=> [0, NaN, 1]

(await structuredClone(new Blob(["abc"], { type: "a/b" })).text())
//=> throws <SyntaxError>

const c = structuredClone({ __proto__: null, a: 1 }); [c, Object.getPrototypeOf(c) === Object.prototype]
//=> [{a: 1}, true]

const o = { a: 1, b: 2 }, order = Object.keys(structuredClone({ z: 1, 2: 1, a: 1, 1: 1 })); order
//=> ["1", "2", "z", "a"]

[structuredClone.length, structuredClone.name]
//=> [1, "structuredClone"]
