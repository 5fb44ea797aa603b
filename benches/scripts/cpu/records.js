// An application's report: orders joined with customers and products by key, grouped, totalled, ranked; n: orders.
function join(rows, key, table, as) {
  const index = new Map(table.map((row) => [row.id, row]));
  return rows.flatMap((row) => (index.has(row[key]) ? [{ ...row, [as]: index.get(row[key]) }] : []));
}
function groupBy(rows, keyOf) {
  const groups = {};
  for (const row of rows) (groups[keyOf(row)] ??= []).push(row);
  return groups;
}
function main(input) {
  const n = input?.n ?? 12000, regions = ["north", "east", "south", "west"];
  let x = 7;
  const random = (below) => { x = (Math.imul(x, 1664525) + 1013904223) >>> 0; return (x >>> 10) % below; };
  const customers = Array.from({ length: n / 20 | 0 }, (_, id) => ({ id, name: `Customer ${id}`, region: regions[random(4)], active: random(10) > 0 }));
  const products = Array.from({ length: 40 }, (_, i) => ({ id: `P${i}`, title: `Product ${i}`, price: 199 + random(5000), tags: i % 3 ? ["new"] : ["new", "sale"] }));
  const orders = [];
  for (let id = 0; id < n; id++) orders.push({ id, customer: random(customers.length + 3), product: `P${random(42)}`, quantity: 1 + random(5), note: id % 7 ? null : "gift" });
  const joined = join(join(orders, "customer", customers, "buyer"), "product", products, "item").filter(({ buyer }) => buyer.active);
  const report = Object.entries(groupBy(joined, ({ buyer }) => buyer.region)).map(([region, rows]) => {
    const revenue = rows.reduce((sum, { quantity, item: { price } }) => sum + quantity * price, 0);
    const best = Object.entries(groupBy(rows, (row) => row.item.title))
      .map(([title, sold]) => ({ title, units: sold.reduce((sum, { quantity }) => sum + quantity, 0) }))
      .sort((a, b) => b.units - a.units || a.title.localeCompare(b.title)).slice(0, 3);
    return { region, orders: rows.length, revenue, average: Math.round(revenue / rows.length) / 100, best, buyers: new Set(rows.map((row) => row.buyer.name)).size };
  });
  return report.sort((a, b) => b.revenue - a.revenue).map((row) => ({ ...row, gifts: joined.filter(({ note, buyer }) => note && buyer.region === row.region).length }));
}
