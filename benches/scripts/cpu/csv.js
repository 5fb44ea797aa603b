// CSV with quotes, doubled quotes and line breaks inside fields, to typed JSON records; n: lines.
function parse(text) {
  const rows = [];
  let row = [], field = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') { field += '"'; i++; } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") { row.push(field); field = ""; }
    else if (c === "\n") { row.push(field); rows.push(row); row = []; field = ""; }
    else if (c !== "\r") field += c;
  }
  return rows;
}
function typed(text) {
  if (text === "") return null;
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text.trim();
}
function main(input) {
  const n = input?.n ?? 3500, lines = ["id,name,email,amount,paid,comment"];
  for (let i = 0; i < n; i++) {
    const comment = i % 4 === 0 ? `"said ""${i}"", then left"` : i % 4 === 1 ? `"two\nlines"` : i % 4 === 2 ? "" : " plain ";
    lines.push(`${i},"Last ${i}, First",user${i}@example.com,${(i * 37 % 1000) / 4},${i % 3 === 0},${comment}`);
  }
  const [head, ...rows] = parse(lines.join("\r\n") + "\r\n");
  const records = rows.map((row) => Object.fromEntries(head.map((name, at) => [name, typed(row[at])])));
  const json = JSON.stringify(records);
  const paid = records.filter((record) => record.paid);
  return { rows: records.length, bytes: json.length, total: paid.reduce((sum, record) => sum + record.amount, 0), last: JSON.parse(json).at(-1), quotes: json.split('\\"').length - 1 };
}
