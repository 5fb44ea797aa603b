const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); for (var j = 0; j < 3; j++) fs.push(() => j); fs.map((f) => f())
//=> [0, 1, 2, 3, 3, 3]

const fs = []; for (let i = 0; i < 2; i++) { fs.push(() => i); i += 0; fs.push(() => ++i); } [fs[0](), fs[1](), fs[0](), fs[2]()]
//=> [0, 1, 1, 1]

const fs = []; for (const x of [1, 2]) fs.push(() => x); for (let k in { a: 1, b: 1 }) fs.push(() => k); fs.map((f) => f())
//=> [1, 2, "a", "b"]

let out; { out = typeof later; } var later = 1; out
//=> undefined

{ x; let x = 1; }
//=> throws <ReferenceError>

typeof y; let y = 1
//=> throws <ReferenceError>

const f = () => z; let r; try { f(); } catch (e) { r = e.name; } let z = 1; [r, f()]
//=> ["ReferenceError", 1]

let x = x + 1
//=> throws <ReferenceError>

const c = 1; c = 2
//=> throws <TypeError>

const c = 1; try { c++; } catch (e) { e.name + c; }
//=> TypeError1

switch (1) { case 0: let q = 1; break; case 1: q = 2; }
//=> throws <ReferenceError>

switch (3) { default: "d"; case 1: "one"; break; case 2: "two"; }
//=> one

const seen = []; switch (2) { case 1: seen.push(1); case 2: seen.push(2); default: seen.push("d"); case 3: seen.push(3); break; case 4: seen.push(4); } seen
//=> [2, "d", 3]

switch ("1") { case 1: "number"; break; case "1": "string"; }
//=> string

const log = []; const f = (x) => (log.push(x), x); switch (2) { case f(1): case f(2): case f(3): } log
//=> [1, 2]

outer: for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j === 1) continue outer; if (i === 2) break outer; } } "done"
//=> done

const seen = []; a: { seen.push(1); b: { seen.push(2); break a; } seen.push(3); } seen
//=> [1, 2]

l: function f() {} typeof f
//=> function

const f = function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }; [f(5), f.name, typeof fact]
//=> [120, "fact", "undefined"]

const f = function g() { g = 1; return typeof g; }; f()
//=> function

"use strict"; const f = function g() { g = 1; }; f()
//=> throws <TypeError>

function f(a, b = a + 1, ...c) { return [a, b, c, f.length, arguments.length]; } f(1, undefined, 3, 4)
//=> [1, 2, [3, 4], 1, 4]

function f(a) { arguments[0] = 9; return a; } f(1)
//=> 9

function f(a) { "use strict"; arguments[0] = 9; return a; } f(1)
//=> 1

function f(a = 0) { arguments[0] = 9; return a; } f(1)
//=> 1

function f(a, b) { b = 2; return arguments[1]; } f(1)
//=> undefined

function f() { return Object.prototype.toString.call(arguments) + [...arguments] + typeof arguments.callee; } f(1, 2)
//=> [object Arguments]1,2function

function f() { "use strict"; return arguments.callee; } f()
//=> throws <TypeError>

const f = (...args) => typeof arguments; f()
//=> undefined

function f(x = () => y, y = 2) { var y = 3; return [x(), y]; } f()
//=> [2, 3]

function f(x, g = () => x) { var x; const before = x; x = 2; return [before, g()]; } f(1)
//=> [1, 1]

function f(a, a) { return a; } f(1, 2)
//=> 2

((a, b) => { try { return "try"; } finally { a(); } })(() => {}, 1)
//=> try

const f = () => { try { return 1; } finally { return 2; } }; f()
//=> 2

const f = () => { for (const x of [1, 2]) { try { continue; } finally { if (x === 2) return "finally " + x; } } }; f()
//=> finally 2

const f = () => { let x = 1; try { return x; } finally { x = 2; } }; f()
//=> 1

const log = []; try { try { throw 1; } finally { log.push("f"); } } catch (e) { log.push(e); } finally { log.push("g"); } log
//=> ["f", 1, "g"]

try { throw { a: 1, b: [2] }; } catch ({ a, b: [c] }) { [a, c]; }
//=> [1, 2]

try { throw 1; } catch { "no binding"; }
//=> no binding

var e = "outer"; try { throw "inner"; } catch (e) { var e = "assigned"; } e
//=> outer

hoisted(); function hoisted() { return "hoisted"; }
//=> hoisted

typeof f1 + typeof v1; { function f1() {} } var v1 = 1;
//=> undefinedundefined

{ function inBlock() { return 1; } } inBlock()
//=> 1

"use strict"; { function strictBlock() {} } typeof strictBlock
//=> undefined

var f = 1; function f() {} typeof f
//=> number

function f() { return typeof g; var g = 1; function g() {} } f()
//=> function

(function () { return typeof this; })() + (function () { "use strict"; return typeof this; })()
//=> objectundefined

(function () { return this; }).call("s") instanceof String
//=> true

[function (a, b) {}.length, ((a, b = 1, c) => {}).length, ((...a) => {}).length, (function () {}).name, new Function("a", "b", "return a+b").name, new Function("a,b", "return a+b")(1, 2)]
//=> [2, 1, 0, "", "anonymous", 3]

const bound = function (a, b) { return [this.x, a, b, new.target === undefined]; }.bind({ x: 1 }, 2); [bound(3), bound.name, bound.length]
//=> [[1, 2, 3, true], "bound ", 1]

function P(x) { this.x = x; } const B = P.bind({ ignored: 1 }, 5); const p = new B(); [p.x, p instanceof P, p instanceof B, Object.keys(p)]
//=> [5, true, true, ["x"]]

new (() => {})
//=> throws <TypeError>

new ({ m() {} }).m()
//=> throws <TypeError>

function F() { return { own: 1 }; } function G() { return 5; } [new F().own, typeof new G()]
//=> [1, "object"]

function F() { if (!new.target) return new F(); this.made = 1; } F().made
//=> 1

(function f(n) { return n === 0 ? 0 : 1 + f(n - 1); })(1000)
//=> 1000

function f() { f(); } f()
//=> throws <RangeError>

eval("var fromEval = 1; let lexical = 2; fromEval") + typeof fromEval + typeof lexical
//=> 1numberundefined

(function () { eval("var inner = 5"); return inner; })()
//=> 5

(function () { "use strict"; eval("var inner = 5"); return typeof inner; })()
//=> undefined

(0, eval)("this") === globalThis
//=> true

const x = 1; (function () { const x = 2; return [eval("x"), (0, eval)("typeof x")]; })()
//=> [2, "undefined"]

eval("1;;;") + eval("{ 2 }") + eval("if (0) 1; else 3") + String(eval("var q = 4")) + String(eval("function w() {}"))
//=> 6undefinedundefined

eval("1; do { 2; break; } while (0)") + eval("3; try { 4 } finally { 5 }") + eval("l: { 6; break l; }")
//=> 12

eval("(")
//=> throws <SyntaxError>

new Function("}{")
//=> throws <SyntaxError>

eval("let a; let a")
//=> throws <SyntaxError>

eval("'use strict'; with ({}) {}")
//=> throws <SyntaxError>

with ({ x: 5, toString: null }) { x; }
//=> 5

const o = { x: 1 }; with (o) { x = 2; var y = 3; } [o.x, y]
//=> [2, 3]

eval("'use strict'; 010")
//=> throws <SyntaxError>

eval("'use strict'; var eval = 1")
//=> throws <SyntaxError>

eval("for (let of [1]) ;")
//=> throws <SyntaxError>

eval("if (1) let\nx")
//=> throws <ReferenceError>

eval("await: 1") + eval("var yield = 2; yield") + eval("var async = 3; async")
//=> 6

var let_ = 1; var of = 2, get = 3, set = 4, static_ = 5, async = 6; of + get + set + async
//=> 15

eval("a?.b = 1")
//=> throws <SyntaxError>

eval("1++")
//=> throws <SyntaxError>

eval("for (const x = 1 of []) ;")
//=> throws <SyntaxError>

eval("({ a: 1, a: 2 }).a") + eval("({ get a() { return 1 }, a: 3 }).a")
//=> 5

eval("async () => { for await (x of []) ; }; 1") + eval("/[/]/.test('/')")
//=> 2

eval("return 1")
//=> throws <SyntaxError>

eval("break")
//=> throws <SyntaxError>

eval("new.target")
//=> throws <SyntaxError>

eval("super.x")
//=> throws <SyntaxError>

var a = 1
var b = a
++b
;[a, b]
//=> [1, 2]

const f = () => { return
1; }; f()
//=> undefined

let x = 1; let y = x /1/ 1; [y, 4 / 2 / 1, /=/g.test("=")]
//=> [1, 2, true]

[typeof null, typeof function () {}, typeof class {}, typeof Symbol(), typeof 1n, typeof undefined, typeof [], typeof /x/]
//=> ["object", "function", "function", "symbol", "bigint", "undefined", "object", "object"]

[void 0, (1, 2), !!"" + !!"0", !![] + !!{}, -"1" + +"1", typeof typeof 1]
//=> [undefined, 2, 1, 2, 0, "string"]

[1, 2, 3].includes(2) ? "y" : "n", null || undefined || 0 || "last", 1 && "and" && 0, null ?? "nn", 0 ?? "nn"
//=> 0

const log = []; const t = (x) => (log.push(x), x); t(0) || t(1) && t(2) || t(3); t(null) ?? t("d"); log
//=> [0, 1, 2, null, "d"]

1 instanceof Number || ({}) instanceof Object && Object.create(null) instanceof Object
//=> false

({}) instanceof 5
//=> throws <TypeError>

({}) instanceof (() => {})
//=> throws <TypeError>

"a" in "abc"
//=> throws <TypeError>

var i = 0; while (true) { if (i++ > 3) break; if (i === 2) continue; } do { i += 10; } while (i < 20); for (;;) { break; } i
//=> 25

for (var i = 0, n = 2, s = ""; i < n; s += i, i++); [i, s]
//=> [2, "01"]

let a, b, c; a = b = c = 5; a += b -= c *= 2; [a, b, c]
//=> [0, -5, 10]

(function () { return [this === globalThis, typeof globalThis]; })()
//=> [true, "object"]

label: for (const x of [1, 2, 3]) { switch (x) { case 2: break label; default: continue label; } }
//=> undefined

const f = (a, { b, c } = { b: 2, c: 3 }, [d] = [4]) => a + b + c + d; f(1) + f(1, { b: 0, c: 0 }, [0])
//=> 11

const f = async () => {}; const g = function* () {}; [f.constructor.name, g.constructor.name, f() instanceof Promise, "prototype" in f, "prototype" in g, Object.getPrototypeOf(g).constructor.name]
//=> ["AsyncFunction", "GeneratorFunction", true, false, true, "GeneratorFunction"]

Function.prototype.toString.call(function  f ( a ) { /* c */ }) + (class  A { }).toString() + ((a)=>a).toString()
//=> function  f ( a ) { /* c */ }class  A { }(a)=>a

Function.prototype.call.call(Function.prototype.bind, function () { return this.v; }, { v: 3 })()
//=> 3
