// Allocation and garbage collection: binary trees; n: how many of depth 10.
function make(d) { return d === 0 ? { l: null, r: null } : { l: make(d - 1), r: make(d - 1) }; }
function check(t) { return t.l === null ? 1 : 1 + check(t.l) + check(t.r); }
function main(input) {
  const n = input?.n ?? 64;
  const long = make(14);
  let s = 0;
  for (let i = 0; i < n; i++) s += check(make(10));
  return s + check(long);
}
