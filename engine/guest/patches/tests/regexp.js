// Alternatives are tried in order, however many they are.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
t(() => new RegExp("a|".repeat(100000) + "b").test("b"));
t(() => { let s = []; for (let i = 0; i < 3000; i++) s.push("w" + i + ";"); const m = new RegExp(s.join("|")).exec("..w2999;"); return m.index + m[0] });
t(() => "foobar".replace(/foo|bar|foobar/g, "<$&>"));
t(() => /a|ab|abc/.exec("abc")[0] + /(?:a|ab)(?:c|bcd)(?:d*)/.exec("abcd")[0]);
t(() => /(?<=a|bc|d)e/.exec("bce").index);
t(() => /^(?:a|b|c|d|e|f|g)+$/.test("gfedcba"));
t(() => /(z)((a+)?(b+)?(c))*/.exec("zaacbbbcac").map(String));
t(() => /(?:x|y|)z/.exec("z")[0] + /|a/.exec("a")[0].length);
out.join("\n");
