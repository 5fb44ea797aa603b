// Slices of slices, as many as there are.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
t(() => { let s = "x".repeat(300000); for (let i = 0; i < 299999; i++) s = s.slice(1); return s });
t(() => { let s = "ж".repeat(300000); for (let i = 0; i < 299999; i++) s = s.substring(0, s.length - 1); return s });
t(() => { let s = "abcdefghij".repeat(10), r = ""; for (let i = 0; i < 90; i++) { s = s.slice(1); r += s[0] } return r.length + s });
t(() => "x".slice(0).slice(0).substring(0) + "abcdef".slice(1).slice(1, 3).slice(1) + "abc".trim().slice(1).at(-1));
t(() => { const words = "the quick brown fox".split(" "); return words.map(w => w.slice(1).slice(1)).join() });
out.join("\n");
