class A { a = 1; static s = 2; #p = 3; get p() { return this.#p; } set p(v) { this.#p = v; } } const x = new A(); x.p = 9; [x, A.s, x.p, Object.keys(x)]
//=> [{a: 1}, 2, 9, ["a"]]

class A { #x = 1; static has(o) { return #x in o; } } [A.has(new A()), A.has({})]
//=> [true, false]

class A { #x = 1; read(o) { return o.#x; } } new A().read({})
//=> throws <TypeError>

class A { #m() { return "private"; } call() { return this.#m(); } static #s() { return "static"; } static go() { return A.#s(); } } [new A().call(), A.go()]
//=> ["private", "static"]

class A { #m() {} set() { this.#m = 1; } } new A().set()
//=> throws <TypeError>

class A { get #g() { return 1; } set() { this.#g = 1; } } new A().set()
//=> throws <TypeError>

eval("class A { f() { this.#missing; } }")
//=> throws <SyntaxError>

eval("class A { #x; #x; }")
//=> throws <SyntaxError>

eval("class A { constructor() {} constructor() {} }")
//=> throws <SyntaxError>

class A { static #count = 0; static next() { return ++A.#count; } } A.next(); A.next()
//=> 2

const log = []; class A { [(log.push("key1"), "a")] = log.push("field1"); static [(log.push("key2"), "b")] = log.push("static"); constructor() { log.push("ctor"); } } new A(); log
//=> ["key1", "key2", "static", "field1", "ctor"]

const log = []; class A { constructor() { log.push("A"); } f = log.push("fieldA"); } class B extends A { g = log.push("fieldB"); constructor() { log.push("before"); super(); log.push("after"); } } new B(); log
//=> ["before", "fieldA", "A", "fieldB", "after"]

class A { constructor() { this.seen = this.field; } field = 1; } class B extends A { field = 2; } const b = new B(); [b.seen, b.field]
//=> [1, 2]

class A {} A()
//=> throws <TypeError>

class A {} class B extends A { constructor() {} } new B()
//=> throws <ReferenceError>

class A {} class B extends A { constructor() { super(); super(); } } new B()
//=> throws <ReferenceError>

class A {} class B extends A { constructor() { this.x = 1; super(); } } new B()
//=> throws <ReferenceError>

class A {} class B extends A { constructor() { return { own: true }; } } new B().own
//=> true

class A {} class B extends A { constructor() { super(); return 5; } } new B()
//=> throws <TypeError>

class A { constructor() { return 5; } } new A() instanceof A
//=> true

class B extends null { static m() { return Object.getPrototypeOf(B.prototype); } } B.m()
//=> null

new (class extends null {})()
//=> throws <TypeError>

class B extends 5 {}
//=> throws <TypeError>

class B extends (() => {}) {}
//=> throws <TypeError>

function P() {} P.prototype = 5; class B extends P {}
//=> throws <TypeError>

class A { static x = this.name; static { this.y = this.x + "!"; } } [A.x, A.y]
//=> ["A", "A!"]

class A { static { var v = 1; } } typeof v
//=> undefined

class A { x = this; f = () => this; } const a = new A(); [a.x === a, a.f.call(null) === a]
//=> [true, true]

class A { m() { return this; } } const { m } = new A(); m()
//=> undefined

class A { m() {} static s() {} } [Object.keys(A), Object.keys(A.prototype), typeof A, A.prototype.hasOwnProperty("m"), Object.getOwnPropertyNames(A)]
//=> [[], [], "function", true, ["length", "name", "prototype", "s"]]

class A { m() {} } new (new A().m)()
//=> throws <TypeError>

class A {} A.prototype = 1; Object.getOwnPropertyDescriptor(A, "prototype").writable
//=> false

const A = class Named { static n = Named.name; }; [A.name, A.n, typeof Named, (class {}).name, (class { static name = "own"; }).name]
//=> ["Named", "Named", "undefined", "", "own"]

class A { try() { A = 1; } } new A().try()
//=> throws <TypeError>

let A = class B { f() { return typeof B; } }; const f = new A().f; A = null; f()
//=> function

class A { get x() { return "get"; } } class B extends A { set x(v) {} } new B().x
//=> undefined

class A { x() { return "A"; } } class B extends A { x() { return super.x() + "B"; } y = super.x(); z = () => super.x(); } const b = new B(); [b.x(), b.y, b.z()]
//=> ["AB", "A", "A"]

class A { static s() { return "As" + this.name; } } class B extends A { static s() { return super.s(); } } B.s()
//=> AsB

class A { set v(x) { this.got = x; } } class B extends A { go() { super.v = 1; super.w = 2; return [this.got, this.w, Object.keys(this)]; } } new B().go()
//=> [1, 2, ["got", "w"]]

class E extends Error { constructor(m) { super(m); this.name = "E"; } } const e = new E("boom"); [String(e), e instanceof Error, e instanceof E, Object.prototype.toString.call(e), Object.keys(e)]
//=> ["E: boom", true, true, "[object Error]", ["name"]]

class M extends Map { get(k) { return super.get(k) ?? "none"; } } const m = new M([[1, 2]]); [m.get(1), m.get(3), m.size, m instanceof Map]
//=> [2, "none", 1, true]

class P2 extends Promise {} [P2.resolve(1) instanceof P2, P2.resolve(1).then(() => {}) instanceof P2, Promise.resolve(P2.resolve(1)) instanceof P2]
//=> [true, true, false]

class A { static [Symbol.hasInstance](x) { return x === 5; } } [5 instanceof A, new A() instanceof A]
//=> [true, false]

const mixin = (B) => class extends B { who() { return "mixed " + super.who(); } }; class Base { who() { return "base"; } } new (mixin(mixin(Base)))().who()
//=> mixed mixed base

class A { *[Symbol.iterator]() { yield* [1, 2]; } async *gen() {} static async m() {} } [...new A()]
//=> [1, 2]

class A { "quoted name" = 1; 42 = 2; [`comp${1}`] = 3; } new A()
//=> {42: 2, quoted name: 1, comp1: 3}

class A { static async = 1; static get = 2; static static = 3; get = 4; set = 5; async = 6; } [A.async, A.get, A.static, new A()]
//=> [1, 2, 3, {get: 4, set: 5, async: 6}]

class A { constructor() { this.t = new.target === A; } } class B extends A {} [new A().t, new B().t, Reflect.construct(A, [], B) instanceof B]
//=> [true, false, true]

class A { static create() { return new this(); } } class B extends A {} B.create() instanceof B
//=> true

class A { #x = 1; static clone(o) { return { ...o }; } } Object.keys(A.clone(new A()))
//=> []

class A { #x; constructor(x) { this.#x = x; } eq(o) { return this.#x === o.#x; } swap(o) { [this.#x, o.#x] = [o.#x, this.#x]; return this.#x; } } const a = new A(1), b = new A(2); [a.eq(b), a.swap(b), b.swap(a)]
//=> [false, 2, 2]

class A { #n = 0; inc() { this.#n++; this.#n += 2; this.#n ??= 5; return this.#n; } } new A().inc()
//=> 3

class A { #x = 1; getter() { return (o) => o?.#x; } } const g = new A().getter(); [g(new A()), g(null)]
//=> [1, undefined]

const o = Object.freeze(new (class { #x = 1; bump() { return ++this.#x; } })()); o.bump()
//=> 2

class Base { constructor(o) { return o; } } class Stamp extends Base { #s = "stamped"; static read(o) { return o.#s; } } const target = {}; new Stamp(target); Stamp.read(target)
//=> stamped

class Base { constructor(o) { return o; } } class Stamp extends Base { #s = 1; } const t = {}; new Stamp(t); new Stamp(t)
//=> throws <TypeError>

[typeof class { static #a = 1; }, (() => { class X {} return X.name; })(), new (class { constructor(...a) { this.n = a.length; } })(1, 2).n]
//=> ["function", "X", 2]

const C = class { accessor = 1; }; new C().accessor
//=> 1
