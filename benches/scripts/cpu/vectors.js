// Instances of a class, made and thrown away; n: how many.
class Vector {
  constructor(x, y) { this.x = x; this.y = y; }
  add(o) { return new Vector(this.x + o.x, this.y + o.y); }
  len() { return Math.sqrt(this.x * this.x + this.y * this.y); }
}
function main(input) {
  const n = input?.n ?? 200000, d = new Vector(1, 2);
  let v = new Vector(0, 0);
  for (let i = 0; i < n; i++) v = v.add(d);
  return v.len();
}
