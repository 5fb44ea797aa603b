// Conversions to primitives nest.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
t(() => { let c = 0; return "" + { toString() { return ++c > 5 ? "x" : "" + this } } });
t(() => { let c = 0; return "" + { toString() { return ++c > 5 ? "x" : `${this}a` } } });
t(() => { let c = 0; return 1 + { valueOf() { return ++c > 5 ? 1 : 1 + this } } });
t(() => { let c = 0; return +{ [Symbol.toPrimitive]() { return ++c > 5 ? 1 : 1 + this } } });
t(() => "" + { toString() { return "" + this } });
t(() => +{ valueOf() { return +this } });
t(() => `${{ toString() { return `${this}` } }}`);
t(() => { const a = [1]; a.push(a); return String(a) });
t(() => { const a = [1], b = [a, 2]; a.push(b); return String(a) + "|" + String(b) });
t(() => { const a = [1]; return [a, a, [a]] });
out.join("\n");
