"😀".length + " " + [..."😀a"].length + " " + "😀".charCodeAt(0) + " " + "😀".codePointAt(0) + " " + "😀".codePointAt(1)
//=> 2 2 55357 128512 56832

["a😀b".at(1), "a😀b".slice(0, 2), "😀".split("").length, "a😀b".split(/(?:)/u)].map((x) => x.length)
//=> [1, 2, undefined, 3]

["\ud800".isWellFormed(), "a\udc00b".toWellFormed(), encodeURIComponent("é😀 &")]
//=> [false, "a�b", "%C3%A9%F0%9F%98%80%20%26"]

encodeURIComponent("\ud800")
//=> throws <URIError>

decodeURIComponent("%E0%A4%A")
//=> throws <URIError>

[encodeURI("a b?é=#&"), decodeURI("%23%41%C3%A9"), escape("é😀+ "), unescape("%u0041%e9")]
//=> ["a%20b?%C3%A9=#&", "%23Aé", "%E9%uD83D%uDE00+%20", "Aé"]

["abc".substring(2, 0), "abc".substr(-2, 1), "abc".slice(-2, -1), "abc".slice(2, 1), "abc".substring(NaN, 2), "abc".at(-1), "abc".at(5), "abc".charAt(5)]
//=> ["ab", "b", "b", "", "ab", "c", undefined, ""]

["abcabc".indexOf("c", 3), "abc".indexOf(""), "abc".indexOf("", 10), "abc".lastIndexOf("a", -5), "aXbX".lastIndexOf("X", 2), "abc".lastIndexOf("")]
//=> [5, 0, 3, 0, 1, 3]

["abc".includes(""), "abc".startsWith("b", 1), "abc".endsWith("b", 2), "abc".startsWith("")]
//=> [true, true, true, true]

"abc".includes(/b/)
//=> throws <TypeError>

["a-b-c".replace("-", "+"), "a-b-c".replaceAll("-", "+"), "abc".replace("b", "[$&$`$'$$]"), "aaa".replace(/a/g, (m, at) => at), "abc".replaceAll("", "-")]
//=> ["a+b-c", "a+b+c", "a[bac$]c", "012", "-a-b-c-"]

"abc".replaceAll(/b/, "x")
//=> throws <TypeError>

"2024-05-06".replace(/(?<y>\d+)-(?<m>\d+)-(?<d>\d+)/, "$<d>.$<m>.$<y> $1 $4 $01")
//=> 06.05.2024 2024 $4 2024

["x".padStart(3, "ab"), "x".padEnd(4, "ab"), "abc".padStart(2), "x".padStart(5, ""), "ab".repeat(0), "ab".repeat(2.9)]
//=> ["abx", "xaba", "abc", "x", "", "abab"]

"a".repeat(-1)
//=> throws <RangeError>

"a".repeat(Infinity)
//=> throws <RangeError>

[" \u00a0\ufeff\u2003x\n".trim(), " x ".trimStart() + "|", " x ".trimEnd() + "|", "\u180ex".trim().length]
//=> ["x", "x |", " x|", 2]

["a,b,,c".split(","), "a,b".split(), "abc".split(""), "".split(","), "".split(""), "a1b2c".split(/\d/), "a1b2c".split(/(\d)/), "a,b,c".split(",", 2), "ab".split(/(?:)/)]
//=> [["a", "b", "", "c"], ["a,b"], ["a", "b", "c"], [""], [], ["a", "b", "c"], ["a", "1", "b", "2", "c"], ["a", "b"], ["a", "b"]]

["e\u0301".normalize() === "\u00e9", "\ufb01".normalize("NFKC"), "é".normalize("NFD").length]
//=> [true, "fi", 2]

"x".normalize("bad")
//=> throws <RangeError>

[String.fromCharCode(65, 0x10041), String.fromCodePoint(128512), String.raw`a\n${1}b`, "\x41\u0042\u{43}\103\0".length]
//=> ["AA", "😀", "a\n1b", 5]

String.fromCodePoint(-1)
//=> throws <RangeError>

String.fromCodePoint(0x110000)
//=> throws <RangeError>

["a" < "B", "a" < "b", "Z" < "a", "10" < "2", "\uffff" < "😀", "" < "a"]
//=> [false, true, true, true, false, true]

const s = "abc"; s[0] = "x"; s.foo = 1; [s, s[0], s[3], s.foo, "1" in Object(s), Object.keys(s)]
//=> ["abc", "a", undefined, undefined, true, ["0", "1", "2"]]

"use strict"; const s = "abc"; s[0] = "x"
//=> throws <TypeError>

"use strict"; "abc".length = 1
//=> throws <TypeError>

const tag = (strings, ...values) => strings.raw.join("|") + "#" + strings.join("|") + "#" + values.join(); tag`a${1}\n${2}c`
//=> a|\n|c#a|\u000a|c#1,2

const tag = (strings) => strings; const f = () => tag`x`; [f() === f(), tag`x` === tag`x`, Object.isFrozen(f()), Array.isArray(f().raw)]
//=> [true, false, true, true]

((s) => s[0])`\unicode`
//=> undefined

`a${`b${1 + 1}`}c${[1, 2]}${{}}${null}`
//=> ab2c1,2[object Object]null

`${Symbol()}`
//=> throws <TypeError>

"" + Symbol()
//=> throws <TypeError>

[Symbol("x").toString(), Symbol("x").description, Symbol().description, Symbol.for("k") === Symbol.for("k"), Symbol.keyFor(Symbol.for("k")), Symbol.keyFor(Symbol("k"))]
//=> ["Symbol(x)", "x", undefined, true, "k", undefined]

`line
two`.length + "a\
b".length
//=> 10

["abc".concat(1, null, [2]), "abc".match(/b/).index, "abc".search(/c/), "abc".match(/z/), "aXbX".match(/X/g)]
//=> ["abc1null2", 1, 2, null, ["X", "X"]]

[..."a1b22".matchAll(/\d+/g)].map((m) => m[0] + m.index)
//=> ["11", "223"]

"x".matchAll(/x/)
//=> throws <TypeError>

["abc".anchor("q\"x"), "a".big(), "a".link("u")]
//=> ["<a name="q&quot;x">abc</a>", "<big>a</big>", "<a href="u">a</a>"]

const s = "ab"; const seen = []; for (const c in s) seen.push(c); for (const c of s) seen.push(c); seen
//=> ["0", "1", "a", "b"]

"\u{1F600}".split("").map((c) => c.charCodeAt(0).toString(16))
//=> ["d83d", "de00"]

let s = ""; for (let i = 0; i < 1000; i++) s += i; [s.length, s.slice(0, 12), s.slice(-6), s.charCodeAt(2500)]
//=> [2890, "012345678910", "998999", 56]

let a = "x"; const b = a; a += "y"; const c = a; a += "z"; [b, c, a, c + "!" + a]
//=> ["x", "xy", "xyz", "xy!xyz"]

const parts = []; let s = "é"; for (let i = 0; i < 5; i++) { parts.push(s); s += "ü" + i; } [parts.join("/"), s.slice(3, 7), s.indexOf("ü3")]
//=> ["é/éü0/éü0ü1/éü0ü1ü2/éü0ü1ü2ü3", "ü1ü2", 7]

let s = "abcdefghijklmnopqrstuvwxyz"; const t = s.slice(3, 20); s += t; const u = t.slice(2, 5) + s.slice(-3); [t, u, s.lastIndexOf("f"), t.indexOf("f")]
//=> ["defghijklmnopqrst", "fghrst", 28, 2]

["a\u0000b".length, "a\u0000b".indexOf("\u0000"), "a\0b" === "a\x00b", JSON.stringify("\u2028\u0007\ud800\"\\/")]
//=> [3, 1, true, ""\u2028\u0007\ud800\"\\/""]

["ab".at(-1), "abc"["1"], "abc"["-1"], "abc"["01"], "abc"[1.0]]
//=> ["b", "b", undefined, undefined, "b"]

new String("a") == "a" && new String("a") !== "a" && typeof new String("a")
//=> object

[new String("a") == new String("a"), JSON.stringify(new String("a")), Object.keys(new String("ab")), new String("ab").length]
//=> [false, ""a"", ["0", "1"], 2]

["aaaa".lastIndexOf("aa"), "aaaa".indexOf("aa", 1), "abab".split("ab"), "banana".replaceAll("ana", "x"), "aaa".replaceAll("aa", "b")]
//=> [2, 1, ["", "", ""], "bxna", "ba"]

String.prototype.at.call(null, 0)
//=> throws <TypeError>

String.prototype.trim.call({ toString() { return " q "; } })
//=> q

[String(null), String([1, [2, 3]]), String({}), String(() => 1), String(Symbol("d")), String(-0), String([null, undefined, []])]
//=> ["null", "1,2,3", "[object Object]", "() => 1", "Symbol(d)", "0", ",,"]

["\n\t\v\f\b\r".length, "\z", '\'', "\"", "\u{0}".charCodeAt(0)]
//=> [6, "z", "'", """, 0]
