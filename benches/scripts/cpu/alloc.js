// Short-lived objects beside a long-lived tree; n: trees of depth 11.
function make(d) { return d === 0 ? { l: null, r: null } : { l: make(d - 1), r: make(d - 1) }; }
function check(t) { return t.l === null ? 1 : 1 + check(t.l) + check(t.r); }
function main(input) {
  const n = input?.n ?? 20;
  let s = 0;
  for (let i = 0; i < n; i++) s += check(make(11));
  const keep = make(14);
  return s + check(keep);
}
