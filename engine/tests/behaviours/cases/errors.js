const e = new Error("m", { cause: "c" }); [e.message, e.cause, Object.keys(e), "cause" in new Error("x"), e.name, String(e), e.hasOwnProperty("message"), new Error().hasOwnProperty("message")]
//=> ["m", "c", [], false, "Error", "Error: m", true, false]

[String(new TypeError("t")), String(Object.assign(new Error("m"), { name: "" })), String(Object.assign(new Error(""), { name: "N" })), Error("called") instanceof Error]
//=> ["TypeError: t", "m", "N", true]

Error.prototype.toString.call({ name: "N", message: "M" }) + Error.prototype.toString.call({})
//=> N: MError

[TypeError.prototype.name, Object.getPrototypeOf(TypeError) === Error, new AggregateError([1, 2], "m").errors, RangeError.length, AggregateError.length]
//=> ["TypeError", true, [1, 2], 1, 2]

Error.prototype.toString.call(5)
//=> throws <TypeError>

[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((E) => new E() instanceof Error && new E().name)
//=> ["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"]

undefined.x
//=> throws <TypeError>

(void 0)()
//=> throws <TypeError>

({}).f()
//=> throws <TypeError>

const o = { a: 1 }; o.a()
//=> throws <TypeError>

new 5
//=> throws <TypeError>

new (class { constructor() { throw new RangeError("ctor"); } })()
//=> throws <RangeError>

[].reduce(() => {})
//=> throws <TypeError>

"x" in 5
//=> throws <TypeError>

Symbol() + 1
//=> throws <TypeError>

BigInt(undefined)
//=> throws <TypeError>

JSON.parse("{")
//=> throws <SyntaxError>

decodeURIComponent("%")
//=> throws <URIError>

new Array(2 ** 32)
//=> throws <RangeError>

"a".repeat(2 ** 40)
//=> throws <RangeError>

(1).toPrecision(0)
//=> throws <RangeError>

Object.defineProperty(1, "x", {})
//=> throws <TypeError>

Object.create(5)
//=> throws <TypeError>

Reflect.ownKeys("s")
//=> throws <TypeError>

Symbol.keyFor("s")
//=> throws <TypeError>

throw undefined
//=> throws undefined

throw null
//=> throws null

throw { custom: 1 }
//=> throws {custom: 1}

throw "text"
//=> throws "text"

const e = new Error("x"); e.toString = () => "own"; throw e
//=> throws <Error>

try { throw new Error("a"); } catch (e) { try { throw new Error("b", { cause: e }); } catch (f) { f.cause.message + f.message; } }
//=> ab

function f() { try { return "a"; } finally { throw new RangeError("wins"); } } f()
//=> throws <RangeError>

let depth = 0; const dive = () => { depth++; dive(); }; try { dive(); } catch (e) { [e instanceof RangeError, depth > 100]; }
//=> [true, true]

const a = []; for (let i = 0; i < 5e4; i++) a.push(a.length ? [a.pop()] : []); try { JSON.stringify(a); } catch (e) { e.name; } "survived"
//=> survived

eval("let x = 1; { var x; }")
//=> throws <SyntaxError>

eval("const x;")
//=> throws <SyntaxError>

eval("for (let x, y of []);")
//=> throws <SyntaxError>

eval("function* g() { yield = 1 }")
//=> throws <SyntaxError>

eval("async function f() { function g() { await 1 } }")
//=> throws <SyntaxError>

eval("({ a b })")
//=> throws <SyntaxError>

eval("`${")
//=> throws <SyntaxError>

eval("'\n'")
//=> throws <SyntaxError>

eval("var a\\u{2F}b")
//=> throws <SyntaxError>

eval("if (1) class C {}")
//=> throws <SyntaxError>

eval("label: label: 1")
//=> throws <SyntaxError>

eval("continue")
//=> throws <SyntaxError>

eval("({ __proto__: 1, __proto__: 2 })")
//=> throws <SyntaxError>

eval("\"use strict\"; var public = 1")
//=> throws <SyntaxError>

eval("\"use strict\"; delete x")
//=> throws <SyntaxError>

eval("\"use strict\"; function f(a, a) {}")
//=> throws <SyntaxError>

eval("(a, a) => 1")
//=> throws <SyntaxError>

eval("function f(a = 1) { 'use strict'; }")
//=> throws <SyntaxError>

eval("class A extends B { constructor() { super(); } } ")
//=> throws <ReferenceError>

eval("a => {}()")
//=> throws <SyntaxError>

eval("async (x = await 1) => 1")
//=> throws <SyntaxError>

eval("x = { f(a = super.b) {} }; 1")
//=> 1

eval("-1 ** 2")
//=> throws <SyntaxError>

eval("a ?? b || c")
//=> throws <SyntaxError>

eval("let [a, a] = []")
//=> throws <SyntaxError>

eval("import.meta")
//=> throws <SyntaxError>

eval("0++")
//=> throws <SyntaxError>

eval("for (var i = 0 in {});") === undefined
//=> true

eval("1_")
//=> throws <SyntaxError>

eval("0_1")
//=> throws <SyntaxError>

eval("08.5") + eval("'\\08'.length")
//=> 10.5

eval("3in []")
//=> throws <SyntaxError>

eval("<!-- comment\n1")
//=> 1

eval("#!shebang\n1")
//=> 1

eval("var \u{61}bc = 5; abc")
//=> 5

eval("var \\u0061bc = 6; abc")
//=> 6

eval("({ if: 1, class: 2, 'x y': 3, 0.5: 4, 1e3: 5, 0x10: 6 })")
//=> {16: 6, 1000: 5, if: 1, class: 2, x y: 3, 0.5: 4}
