// JSON there and back again; n: elements, ten times.
function main(input) {
  const n = input?.n ?? 2000;
  let a = [];
  for (let i = 0; i < n; i++) a.push({ id: i, name: "user " + i, tags: ["x", "y", "z"], nested: { a: 1.5, b: null, c: true } });
  let t = 0;
  for (let k = 0; k < 10; k++) {
    const s = JSON.stringify(a);
    a = JSON.parse(s);
    t += s.length;
  }
  return t;
}
