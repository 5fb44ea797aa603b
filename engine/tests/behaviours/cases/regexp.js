/(\d+)-(?<name>\w+)/.exec("a 12-ab").slice().concat(/(?<name>\w+)/.exec("q").groups.name)
//=> ["12-ab", "12", "ab", "q"]

const m = /(a)|(b)/.exec("b"); [m, m.index, m.input, m.groups]
//=> [["b", undefined, "b"], 0, "b", undefined]

/a{2,3}?/.exec("aaaa")[0] + /a{2,3}/.exec("aaaa")[0] + /(?:ab)+/.exec("ababx")[0]
//=> aaaaaabab

[/^b/m.test("a\nb"), /a.c/.test("a\nc"), /a.c/s.test("a\nc"), /A/i.test("a"), /\u{61}/u.test("a"), /^.$/.test("😀"), /^.$/u.test("😀")]
//=> [true, false, true, true, true, false, true]

const r = /a/g; [r.test("aa"), r.lastIndex, r.test("aa"), r.lastIndex, r.test("aa"), r.lastIndex]
//=> [true, 1, true, 2, false, 0]

const r = /b/y; [r.test("ab"), r.lastIndex, (r.lastIndex = 1, r.test("ab")), r.lastIndex]
//=> [false, 0, true, 2]

["foo.bar".replace(/(?<=\.)\w+/, "X"), "price $5".match(/(?<!\$)\b\d/), "$5 6".match(/(?<!\$)\b\d/)[0], "ab".match(/a(?=b)/)[0], "ac".match(/a(?!b)/)[0]]
//=> ["foo.X", null, "6", "a", "a"]

/(a+)+b/.test("aaaaaaaaaaaaaaaaaab")
//=> true

/(\w)\1/.exec("hello")[0] + /(?<c>\w)\k<c>/.exec("book")[0]
//=> lloo

/\1(a)/.exec("aa")[0]
//=> a

/(?:(a)|b)*/.exec("ab")
//=> ["ab", undefined]

/(z)((a+)?(b+)?(c))*/.exec("zaacbbbcac")
//=> ["zaacbbbcac", "z", "ac", "a", undefined, "c"]

[/[\d-x]/.test("-"), /[a-z&&b]/.test("&"), /[^]/.test("\n"), /[]/.test("a"), /[\b]/.test("\b"), /\cJ/.test("\n"), /\0/.test("\0")]
//=> [true, true, true, false, true, true, true]

/\p{L}+/u.exec("1éß2")[0] + /\p{Script=Greek}/u.test("α") + /\P{L}/u.exec("a1")[0]
//=> éßtrue1

/[\p{L}--[a-z]]/v.test("a") + "" + /[\p{L}--[a-z]]/v.test("é")
//=> falsetrue

/\p{L}/.test("p{L}")
//=> true

new RegExp("[")
//=> throws <SyntaxError>

new RegExp("a", "gg")
//=> throws <SyntaxError>

new RegExp("(?<n>a)(?<n>b)")
//=> throws <SyntaxError>

eval("/a/z")
//=> throws <SyntaxError>

new RegExp("\\", "")
//=> throws <SyntaxError>

new RegExp("a{2,1}")
//=> throws <SyntaxError>

new RegExp("*")
//=> throws <SyntaxError>

new RegExp("\\u{110000}", "u")
//=> throws <SyntaxError>

new RegExp("{", "u")
//=> throws <SyntaxError>

[new RegExp("/").source, String(new RegExp("")), new RegExp("\n").source, String(/[/]\//), RegExp("a", "gimsuy").flags]
//=> ["\/", "/(?:)/", "\n", "/[/]\//", "gimsuy"]

const r = /x/gi; [new RegExp(r).flags, new RegExp(r, "").flags, RegExp(r) === r, r.source, r.global, r.unicode, r.hasIndices]
//=> ["gi", "", true, "x", true, false, false]

/a(b)?/d.exec("xab").indices.map(String)
//=> ["1,3", "2,3"]

"aBc".replace(/b/i, (m, at, s) => `[${m}${at}${s}]`)
//=> a[B1aBc]c

"John Smith".replace(/(?<f>\w+) (?<l>\w+)/, (...a) => a.at(-1).l + a.length)
//=> Smith6

"abc".replace(/(b)/, "$1$2$10$0$$$&")
//=> ab$2b0$0$bc

"xyz".replace(/(?<a>y)/, "[$<a>$<b>]")
//=> x[y]z

"aaa".replace(/a*?/g, "x") + "|" + "abc".replace(/x*/g, "-")
//=> xaxaxax|-a-b-c-

"😀".replace(/(?:)/gu, "-") + "😀".replace(/(?:)/g, "-").length
//=> -😀-5

"a1b2".split(/(?<d>\d)/)
//=> ["a", "1", "b", "2", ""]

["test".search(/s/g), "aaa".match(/a/gy), "baa".match(/a/gy), "ab".match(/(?:)/g)]
//=> [2, ["a", "a", "a"], null, ["", "", ""]]

"\u212a".match(/k/i) + "" + "\u212a".match(/k/iu)
//=> nullK

/\w/iu.test("ſ") + "" + /\w/i.test("ſ") + /[^\W]/iu.test("\u212a")
//=> truefalsetrue

const r = /a/; r.exec = () => ({ index: 1, 0: "fake", length: 1 }); ["xa".replace(r, "[$&]"), r.test("zzz")]
//=> ["x[fake]", true]

const r = /a/g; r.lastIndex = "5"; [r.exec("aaa"), r.lastIndex]
//=> [null, 0]

const r = Object.freeze(/a/g); r.test("a")
//=> throws <TypeError>

RegExp.prototype.exec.call({}, "a")
//=> throws <TypeError>

[RegExp.prototype.toString(), RegExp.prototype.flags, RegExp.prototype.source, RegExp.prototype.global]
//=> ["/(?:)/", "", "(?:)", undefined]

/(?=(a))\1/.exec("aa")[0].length + /(?=a){0}b/.exec("b")[0]
//=> 1b

/^(?:\+|-)?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test("-12.5e+3")
//=> true

"2024-02-30T12:00".match(/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/).slice(1).map(Number)
//=> [2024, 2, 30, 12, 0]

"The Quick brown".replace(/\b\w/g, (c) => c.toUpperCase()) + "camelCaseText".replace(/([A-Z])/g, "_$1").toLowerCase()
//=> The Quick Browncamel_case_text

[..."k1=v1;k2=v2".matchAll(/(\w+)=(\w+)/g)].map(([, k, v]) => k + v)
//=> ["k1v1", "k2v2"]

const r = /o/g; const it = "foo".matchAll(r); r.lastIndex = 2; [[...it].length, r.lastIndex]
//=> [2, 2]

Symbol.match in RegExp.prototype && "a".match({ [Symbol.match]: (s) => "custom " + s })
//=> custom a

["a\nb\r\nc".split(/\r?\n/), "one  two".split(/\s+/), " x ".split(" "), "a.b".split(".")]
//=> [["a", "b", "c"], ["one", "two"], ["", "x", ""], ["a", "b"]]

/[\w.+-]+@[\w-]+\.[\w.]+/.exec("mail me@example.co.uk now")[0]
//=> me@example.co.uk

/(?<year>\d{4})/.exec("in 1999").groups
//=> {year: "1999"}

"x".replace(/x/, "$") + "x".replace(/x/, "$'$`$9") + "x".replace("x", "$<a>")
//=> $$9$<a>

/a|ab/.exec("ab")[0] + /((a)|(ab))((c)|(bc))/.exec("abc")
//=> aabc,a,a,,bc,,bc

/(?:a|b)+?c/.exec("ababc")[0] + /x*y+$/.exec("xxyyzyy")[0]
//=> ababcyy

/[^a-c]+/i.exec("ABCdef")[0] + /[\u0430-\u044f]/i.test("Я") + /\x41\u0042\t/.test("AB\t")
//=> deftruetrue

/(.*)\d+(.*)/.exec("ab123cd").slice(1)
//=> ["ab12", "cd"]

/\d{3}|[a-z]{4}/.exec("2, abc and 234defg")[0] + /\bfoo\B/.test("foobar")
//=> 234true
