// JSON.parse and JSON.stringify, deep and odd.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
t(() => JSON.stringify(JSON.parse('{"__proto__":1,"a":[1,-0,1e3,1.5,"\\u0041\\n"],"1":2,"a b":{"a b":null},"d":1,"d":2}')));
t(() => ["{", "[1,]", "01", "1.", '"\t"', "tru", '{"a":1,}', "", " 1 x", "-", '"\\x"', "[1 2]", '{"a" 1}', "{a:1}", "'a'", "[", '"', '"\\', '"\\u12', "nul", "+1", ".5", "1e", "1e+", "--1", "[,]", "{,}", "\u00a01", "\ufeff1", "1\u2028", "NaN", "Infinity", "undefined", '"\u0000"', '"\u001f"', '{"a":}', "[1,,2]", '{"a":1 "b":2}', "]", "}", "[}", "{]", "[1}", '{"a":1]'].map(x => { try { JSON.parse(x); return "ok" } catch (e) { return e.name[0] } }));
t(() => ["0", "-0", "1e5", "1E-5", "-1.5e+3", '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"', " \t\n\r1 ", '"\u2028"', '"\u007f"', '"é"', '"ж"', "[]", "{}", "[[],{}]", "null", "true", "false", "9007199254740993", "1e400", "123456789012345678901234567890", '"\ud800"', '"\\ud800"', '{"":1}', "[[[[]]]]", '{"a":{"b":[{"c":1}]}}', " [ 1 , { \"a\" : 2 } ] "].map(x => { const v = JSON.parse(x); return Object.is(v, -0) ? "-0" : JSON.stringify(v) }).join(" ; "));
t(() => { let d = 0, v = JSON.parse("[".repeat(100000) + "]".repeat(100000)); while (v.length) { v = v[0]; d++ } return d });
t(() => { let d = 0, v = JSON.parse('{"a":'.repeat(100000) + "1" + "}".repeat(100000)); while (v.a) { v = v.a; d++ } return d });
t(() => JSON.stringify(JSON.parse('{"a":[1,2,{"b":3}],"c":"x"}', (k, v) => typeof v === "number" ? v * 2 : v)));
t(() => JSON.stringify(JSON.parse('{"a":1,"b":[1,2]}', (k, v) => k === "b" || k === "0" ? undefined : v)));
t(() => Object.getOwnPropertyNames(JSON.parse('{"b":1,"a":2,"1":3,"0":4,"b":5}')));
t(() => JSON.parse('{"__proto__":[]}') instanceof Array);
t(() => JSON.parse());
t(() => JSON.parse({ toString() { return "[1]" } }).length);
t(() => JSON.parse("[" + '{"id":1,"name":"abc","tags":["a","b"],"v":1.25},'.repeat(2000) + "0]").length);
t(() => { const g = o => o.y; for (let i = 0; i < 5; i++) g(JSON.parse('{"x":1,"y":2}')); return g(JSON.parse('{"x":1,"y":3}')) });
out.join("\n");
