// JSON: builds about 1 MB of it, prints it, parses it; n: elements.
function main(input) {
  const n = input?.n ?? 7000, doc = [];
  for (let i = 0; i < n; i++)
    doc.push({ id: i, name: "user-" + i, email: "user" + i + "@example.com", tags: ["a", "b\n" + i, "\u00e9"], active: i % 2 === 0, score: i * 1.25, nested: { x: i, y: null } });
  const s = JSON.stringify(doc);
  const o = JSON.parse(s);
  return { len: s.length, n: o.length, last: o[o.length - 1].email };
}
