// Numbers in place, comparisons, increments, and what is no number.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
const ops = { add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, mod: (a, b) => a % b, and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b, shl: (a, b) => a << b, shr: (a, b) => a >> b, ushr: (a, b) => a >>> b, lt: (a, b) => a < b, le: (a, b) => a <= b, gt: (a, b) => a > b, ge: (a, b) => a >= b, eq: (a, b) => a == b, ne: (a, b) => a != b, seq: (a, b) => a === b, sne: (a, b) => a !== b,
  jlt: (a, b) => { if (a < b) return 1; return 0 }, jle: (a, b) => { if (a <= b) return 1; return 0 }, jgt: (a, b) => { if (a > b) return 1; return 0 }, jge: (a, b) => { if (a >= b) return 1; return 0 }, jseq: (a, b) => { if (a === b) return 1; return 0 } };
const obj = { valueOf() { return 3 } }, other = {}, sym = Symbol("s");
const values = [0, -0, 1, -1, 2, 31, 32, 33, 2147483647, -2147483648, 4294967295, 1.5, -1.5, 0.1, NaN, Infinity, -Infinity, 1e300, "", "1", "a", true, false, null, undefined, obj, other, 10n, 1n, sym];
const show = v => typeof v === "bigint" ? v + "n" : typeof v === "symbol" ? "sym" : Object.is(v, -0) ? "-0" : String(v);
for (const name in ops) {
  for (const a of values) t(() => name + " " + values.map(b => { try { return show(ops[name](a, b)) } catch (e) { return e.name[0] } }).join());
}
t(() => { let a = 2147483647, b = -2147483648, c = 1.5, d = "5", e = null, f, g = true, h = 9n; return [a++, a, b--, b, ++c, d++, d, e++, e, f++, f, g--, g, h++, h, ++h].map(show) });
t(() => { let o = { get x() { return this.y }, set x(v) { this.y = v }, y: 1 }; o.x++; o.x += 2; return [o.y, ++o.x, o.x--] });
t(() => { let s = sym; s++ });
t(() => { let log = []; const a = { valueOf() { log.push("a"); return 1 } }, b = { valueOf() { log.push("b"); return 2 } }; return [a < b, a > b, a + b, a <= b, log] });
t(() => { const a = "x", b = "x" + "", c = ["x"].join(""); return [a === b, a === c, a == c, a !== c, "é" === "e\u0301".normalize(), sym === sym, Symbol.for("q") === Symbol.for("q"), Symbol.iterator === Symbol.iterator, 10n === 10n, 2n ** 70n === 2n ** 70n] });
t(() => { switch (3) { case 1: return "a"; case "3": return "b"; case 3: return "c" } });
t(() => { const f = x => { switch (x) { case NaN: return "nan"; case 0: return "zero"; case null: return "null"; case undefined: return "undef"; case "a": return "str"; default: return "none" } }; return [f(NaN), f(-0), f(null), f(undefined), f("a"), f({})] });
t(() => { let n = 0; for (let i = 0; i < 1e5; i++) n = (n * 31 + i) | 0; return n });
t(() => { let n = 1; for (let i = 0; i < 60; i++) n *= 3; return n });
t(() => { let i = 0; while (!(i >= 10)) i += 0.5; let j = NaN, k = 0; while (j < 5) k++; while (!(j < 5)) { k++; if (k > 3) break } return [i, k] });
t(() => { const a = [document_all_like() == null, null == 0, undefined == 0, null == false, "" == null, null == null, undefined == null]; function document_all_like() { return {} } return a });
out.join("\n");
