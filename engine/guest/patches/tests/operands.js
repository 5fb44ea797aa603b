// Operands keep the value that they had when they were evaluated, whatever later ones assign.
const out = [];
const say = (...values) => out.push(...values.map(String));
function local() {
  let x = 1;
  say(x + (x = 5));
  let p = 1;
  say(p - p++ * 2, p);
  let q = 2;
  say(q < (q = 1), q > (q = 0), q === (q = 7), q << (q = 2), q & (q = 6));
  let i = 0;
  const list = [10, 20, 30];
  say(list[i] + list[++i] + list[i++] + list[i], i);
  let s = "a";
  say(s + (s += "b") + s, s + [s = "c"] + s);
  let o = { v: 1, get() { return this.v; } };
  const first = o;
  say(o[(o = { v: 2 }, "v")], o === first, first.get((o = null)), o);
  let k = "v";
  say(first[k] + first[(k = "w", "v")], k);
  let n = 3;
  n += (n = 10);
  say(n);
  let m = 0;
  while (m < (m += 3) && m < 9);
  say(m);
  let t = 1;
  say(t * (() => (t = 4))(), t);
  let d = 1;
  say(d + ([d] = [8])[0], d, d + ({ e: d } = { e: 9 }).e, d);
}
local();
// What is assigned to a local variable, with nobody using the value.
function assigned() {
  let x = 1, y = 2, z;
  x = x + (x = 5); say(x);
  x = y + (x = 3); say(x);
  x += (x = 10); say(x);
  x -= y; x *= x; x %= 7; x <<= 3; x |= 1; x ^= y; x >>>= 1; x **= 2; x &= 1023; x >>= 1; x /= 4; say(x);
  z = (x = y, y + x); say(z, x);
  x = x && y; y = x || z; z ??= 9; say(x, y, z);
  const o = { x: { x: 3, length: 4 }, 3: "three" };
  let p = o; p = p.x; say(p.x); p = p.length; say(p);
  p = 3; p = o[p]; say(p); p = p.length; say(p);
  try { p = null.x; } catch (e) { say(p, e.name); }
  try { p = p + Symbol(); } catch (e) { say(p, e.name); }
  try { p += Symbol(); } catch (e) { say(p, e.name); }
  try { p = missing(p); } catch (e) { say(p, e.name); }
  const c = 1;
  try { c = 2; } catch (e) { say(c, e.name); }
  try { c += 2; } catch (e) { say(c, e.name); }
  let s = "a"; const kept = [];
  for (let i = 0; i < 4; i++) { kept.push(s); s += i; s += s; }
  say(kept.join(), s);
  p = ((v) => { v = v + 1; return v; })(p); say(p);
  p = typeof p === "number"; say(p);
  let f; f = function () {}; let g; g = () => {}; say(f.name, g.name);
}
assigned();
// What is returned, with and without something between the value and the return.
const returns = {
  plain(v) { return v; },
  changed(v) { try { return v; } finally { v = 0; } },
  replaced(v) { try { return v; } finally { return v + 1; } },
  scoped(v) { { const w = v; const f = () => w; return f() + w; } },
  looped(v) { for (const w of [v]) { return w; } },
  closed(v) { const it = { [Symbol.iterator]() { return this; }, next: () => ({ value: v, done: false }), return() { v = -1; return {}; } }; for (const w of it) return v + w; },
  called(v) { return returns.plain(v); },
  nothing(v) { if (v) return; },
  twice: function (v, v) { return v; },
  missing(a, b) { return [a, b]; },
  mapped: function (v) { arguments[0] = 6; return v; },
  defaults(a, b = a) { a = 2; return [a, b]; },
  *generated(v) { return v; },
};
for (const name in returns) {
  const value = returns[name](4, 5);
  say(name + ":" + (value && value.next ? JSON.stringify(value.next()) : JSON.stringify(value)));
}
class Made { constructor(v) { this.v = v; return v; } }
say(new Made(3).v, new Made({ v: 9 }).v);
out.join("\n");
