// An application's style: classes, closures, Map, destructuring, generators; n: nodes of the graph.
class Node2 { constructor(id, w) { this.id = id; this.w = w; this.out = []; } link(o, c) { this.out.push({ o, c }); } }
class Heap { constructor() { this.a = []; } push(x) { const a = this.a; a.push(x); let i = a.length - 1; while (i > 0) { const p = (i - 1) >> 1; if (a[p].d <= a[i].d) break; const t = a[p]; a[p] = a[i]; a[i] = t; i = p; } }
  pop() { const a = this.a, r = a[0], l = a.pop(); if (a.length) { a[0] = l; let i = 0; for (;;) { let c = 2 * i + 1; if (c >= a.length) break; if (c + 1 < a.length && a[c + 1].d < a[c].d) c++; if (a[i].d <= a[c].d) break; const t = a[c]; a[c] = a[i]; a[i] = t; i = c; } } return r; } }
function* range(n) { for (let i = 0; i < n; i++) yield i; }
function main(input) {
  const N = input?.n ?? 5000, nodes = []; let x = 42;
  const rnd = () => { x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff; return x; };
  for (const i of range(N)) nodes.push(new Node2(i, rnd() % 100));
  for (const n of nodes) for (const k of range(6)) n.link(nodes[rnd() % N], 1 + rnd() % 50);
  const dist = new Map(), h = new Heap(); h.push({ d: 0, n: nodes[0] });
  while (h.a.length) { const { d, n } = h.pop(); if (dist.has(n.id)) continue; dist.set(n.id, d); for (const { o, c } of n.out) if (!dist.has(o.id)) h.push({ d: d + c, n: o }); }
  let sum = 0; dist.forEach((v) => { sum += v; });
  const words = new Map(); for (const n of nodes) { const k = `w${n.w}`; words.set(k, (words.get(k) || 0) + 1); }
  return { reached: dist.size, sum, words: [...words.values()].reduce((a, b) => a + b, 0) };
}
