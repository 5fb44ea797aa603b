import jsonata from "jsonata";

const order = {
  customer: { first: "Ada", last: "Lovelace" },
  lines: [
    { sku: "a", price: 2.5, quantity: 4, tags: ["x", "y"] },
    { sku: "b", price: 10, quantity: 1, tags: ["y"] },
    { sku: "c", price: 0.75, quantity: 12, tags: [] },
  ],
};
const ask = async (expression, input = order, bindings = undefined) => jsonata(expression).evaluate(input, bindings);

export const calls = {
  path: () => ask("customer.first & ' ' & customer.last"),
  filter: () => ask("lines[price > 1].sku"),
  sum: () => ask("$sum(lines.(price * quantity))"),
  object: () => ask("lines{sku: price * quantity}"),
  sort: () => ask("lines^(>quantity, sku).sku"),
  index: () => ask("lines[-1].sku"),
  flatten: () => ask("$distinct(lines.tags)"),
  lambda: () => ask("($twice := function($x) { $x * 2 }; lines.$twice(quantity))"),
  recursion: () => ask("($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(20))"),
  tail: () => ask("($count := function($n, $sum) { $n = 0 ? $sum : $count($n - 1, $sum + $n) }; $count(500, 0))"),
  higher: () => ask("[$map(lines, function($l, $i) { $i & $l.sku }), $filter(lines, function($l) { $l.quantity > 3 }).sku, $reduce(lines.quantity, function($a, $b) { $a + $b })]"),
  strings: () => ask("[$uppercase('é'), $substringBefore('a-b', '-'), $pad('x', -3, '#'), $replace('abab', /b/, 'c'), $join(['p', 'q'], '+'), $split('a, b', /, */)]"),
  regex: () => ask("$match('a1b22', /[a-z](\\d+)/)"),
  numbers: () => ask("[$round(2.345, 2), $formatNumber(12345.6, '#,###.00'), $formatBase(255, 16), $power(2, 10), $number('0x1f'), 7 % 3]"),
  dates: () => ask("[$fromMillis(1709208000000, '[Y0001]-[M01]-[D01] [FNn]'), $toMillis('2024-02-29T12:00:00Z')]"),
  wildcard: () => ask("[customer.*, $count(**)]"),
  parent: () => ask("lines.tags.(% .sku & $)"),
  joins: () => ask("lines@$l#$i.($i & ':' & $l.sku)"),
  transform: () => ask("customer ~> |$|{'full': first & last}, ['first']|"),
  chain: () => ask("lines.sku ~> $join(',') ~> $uppercase()"),
  conditional: () => ask("lines.(quantity > 3 ? 'many' : 'few')"),
  bindings: () => ask("$rate * $f(2)", {}, { rate: 3, f: (x) => x + 1 }),
  asynchronous: () => { const expression = jsonata("$later(5) + 1"); expression.registerFunction("later", async (n) => { await new Promise((done) => setTimeout(done, 2)); return n; }, "<n:n>"); return expression.evaluate({}); },
  syntaxError: async () => { try { await ask("lines["); } catch ({ code, position, token }) { return { code, position, token }; } },
  typeError: async () => { try { await ask("$sum('a')"); } catch ({ code, position, index }) { return { code, position, index }; } },
};
