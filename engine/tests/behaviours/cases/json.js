JSON.stringify({ a: undefined, b: () => 1, c: Symbol(), d: null, e: NaN, f: Infinity, g: new Date(0), h: [undefined, () => 1, Symbol()], i: -0 })
//=> {"d":null,"e":null,"f":null,"g":"1970-01-01T00:00:00.000Z","h":[null,null,null],"i":0}

[JSON.stringify(undefined), JSON.stringify(() => 1), JSON.stringify(null), JSON.stringify("a\"b"), JSON.stringify(Symbol())]
//=> [undefined, undefined, "null", ""a\"b"", undefined]

JSON.stringify({ a: [1, { b: 2 }], c: {}, d: [] }, null, 2)
//=> {\u000a  "a": [\u000a    1,\u000a    {\u000a      "b": 2\u000a    }\u000a  ],\u000a  "c": {},\u000a  "d": []\u000a}

JSON.stringify([1, [2]], null, "--") + JSON.stringify({ a: 1 }, null, 20).length + JSON.stringify([1], null, "12345678901234")
//=> [\u000a--1,\u000a--[\u000a----2\u000a--]\u000a]20[\u000a12345678901\u000a]

JSON.stringify({ a: 1, b: { a: 2, c: 3 }, 1: 4 }, ["a", "b", 1])
//=> {"a":1,"b":{"a":2},"1":4}

JSON.stringify({ a: 1, b: [1, 2] }, (k, v) => (typeof v === "number" ? v * 10 : v))
//=> {"a":10,"b":[10,20]}

const keys = []; JSON.stringify({ a: [1], b: { c: 2 } }, function (k, v) { keys.push(k + ":" + (this[k] === v)); return v; }); keys
//=> [":true", "a:true", "0:true", "b:true", "c:true"]

JSON.stringify({ toJSON(k) { return "json" + k; } }) + JSON.stringify({ x: { toJSON(k) { return k; } } }) + JSON.stringify([{ toJSON: (k) => typeof k }])
//=> "json"{"x":"x"}["string"]

const o = {}; o.self = o; JSON.stringify(o)
//=> throws <TypeError>

JSON.stringify({ a: Object(1), b: Object("s"), c: Object(false), d: Object(Symbol()), e: new Map([[1, 2]]), f: /x/, g: new Error("e") })
//=> {"a":1,"b":"s","c":false,"d":{},"e":{},"f":{},"g":{}}

JSON.stringify("\u2028\u2029\ud83d\ude00\ud83d\x7f\x1f")
//=> "\u2028\u2029😀\ud83d\u007f\u001f"

JSON.stringify({ [Symbol("s")]: 1, "\n": 2, "": 3 })
//=> {"\n":2,"":3}

JSON.parse('{"a":[1,2,{"b":null}],"c":"\\u0041\\n","d":1e3,"e":-0.5,"f":true}')
//=> {a: [1, 2, {b: null}], c: "A\u000a", d: 1000, e: -0.5, f: true}

Object.is(JSON.parse("-0"), -0) + "" + JSON.parse(" [1 , 2 ]\n") + JSON.parse('"\\ud800"').length
//=> true1,21

JSON.parse('{"a":1,"a":2,"__proto__":3}')
//=> {a: 2, __proto__: 3}

Object.keys(JSON.parse('{"b":1,"2":1,"a":1,"1":1}'))
//=> ["1", "2", "b", "a"]

JSON.parse('{"a":1,}')
//=> throws <SyntaxError>

JSON.parse("[1,]")
//=> throws <SyntaxError>

JSON.parse("{'a':1}")
//=> throws <SyntaxError>

JSON.parse("01")
//=> throws <SyntaxError>

JSON.parse("1.")
//=> throws <SyntaxError>

JSON.parse(".5")
//=> throws <SyntaxError>

JSON.parse("+1")
//=> throws <SyntaxError>

JSON.parse("NaN")
//=> throws <SyntaxError>

JSON.parse("")
//=> throws <SyntaxError>

JSON.parse('"a\nb"')
//=> throws <SyntaxError>

JSON.parse('"\\x41"')
//=> throws <SyntaxError>

JSON.parse("[1] 2")
//=> throws <SyntaxError>

JSON.parse("nul")
//=> throws <SyntaxError>

JSON.parse("\u00a0 1")
//=> throws <SyntaxError>

JSON.parse(undefined)
//=> throws <SyntaxError>

JSON.parse(null)
//=> null

JSON.parse("123456789012345678901234567890") + JSON.parse("1e400") + JSON.parse("0.1e-7")
//=> Infinity

JSON.parse('{"a":[1,2],"b":3}', (k, v) => (Array.isArray(v) ? v.length : v))
//=> {a: 2, b: 3}

const seen = []; JSON.parse('{"a":[1,{"b":2}],"c":3}', function (k, v) { seen.push(k); return v; }); seen
//=> ["0", "b", "1", "a", "c", ""]

JSON.parse('{"a":1,"b":2}', (k, v) => (k === "a" ? undefined : v))
//=> {b: 2}

JSON.parse('{"x":{"y":1}}', function (k, v) { if (k === "y") this.z = 2; return v; })
//=> {x: {y: 1, z: 2}}

JSON.parse('["a","b"]', function (k, v) { if (k === "0") this[1] = "changed"; return v; })
//=> ["a", "changed"]

JSON.parse('{"__proto__":{"x":1}}').x + "" + Object.keys(JSON.parse('{"__proto__":1}'))
//=> undefined__proto__

JSON.parse(JSON.stringify({ d: new Date(1e12), u: undefined, n: [undefined] }))
//=> {d: "2001-09-09T01:46:40.000Z", n: [null]}

JSON.stringify(JSON.parse("[" + "[".repeat(100) + "]".repeat(100) + "]")).length
//=> 202

JSON.stringify({ date: new Date(NaN) })
//=> {"date":null}

JSON.stringify(new Proxy([1, { a: 2 }], {})) + JSON.stringify(new Proxy({ x: 1 }, {}))
//=> [1,{"a":2}]{"x":1}

JSON.stringify({ get a() { throw new RangeError("g"); } })
//=> throws <RangeError>

JSON.stringify([new Number(3), new String("x"), new Boolean(false)]) + JSON.stringify(Object.create({ inherited: 1 }))
//=> [3,"x",false]{}

JSON.stringify("a", null, NaN) + JSON.stringify([1], null, new Number(1)) + JSON.stringify([1], null, new String("x"))
//=> "a"[\u000a 1\u000a][\u000ax1\u000a]
