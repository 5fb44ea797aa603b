// Regular expressions with captures and a replacing function; n: records.
function main(input) {
  const n = input?.n ?? 3000;
  let t = "";
  for (let i = 0; i < n; i++) t += "john" + i + "@example" + (i % 7) + ".com, tel +49 30 " + (100000 + i) + "; ";
  let c = 0;
  for (const m of t.matchAll(/([a-z]+\d*)@([a-z]+\d)\.com/g)) c += m[1].length;
  const r = t.replace(/\+(\d+) (\d+) (\d+)/g, (m, a, b, d) => a + b + d);
  return c + r.length;
}
