(() => {
  const rows = [3, 1, 2].map((x) => ({ id: x, name: `n${x}`, tags: [x, x + 1] })).filter((row) => row.id > 1);
  rows.sort((a, b) => a.id - b.id);
  const text = JSON.stringify({ rows, when: new Date(0).toISOString(), ok: true, none: null, price: 1.5 });
  const { rows: [first, ...others], ...rest } = JSON.parse(text);
  const groups = new Map();
  for (const row of rows) groups.set(row.name, [...(groups.get(row.name) ?? []), row]);
  const words = 'a b c'.split(' ').join('-').replace(/(\w)-/g, '$1_').toUpperCase().match(/[A-Z]/g);
  class Shape { #area = 2; get area() { return this.#area; } static of() { return new this(); } }
  class Square extends Shape { side = Math.sqrt(this.area); }
  function* count() { for (let i = 0; i < 3; i++) yield i; }
  const wait = async () => { await null; for await (const x of count()) x; };
  wait().then(() => {}).finally(() => {});
  try { null.missing; } catch (error) { error.stack; }
  return [first, others, rest, groups, words, Square.of().side, Object.entries(rest), new Set([...count()]), 10n ** 20n, Symbol('x')];
})();
