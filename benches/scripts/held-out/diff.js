// The difference of two texts: longest common subsequence of lines and of characters, a unified listing, patched back; n: lines.
function lcs(a, b) {
  const width = b.length + 1, table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--)
    table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
  const edits = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { edits.push([" ", a[i++]]); j++; }
    else if (j >= b.length || (i < a.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) edits.push(["-", a[i++]]);
    else edits.push(["+", b[j++]]);
  }
  return edits;
}
const patch = (edits) => edits.filter(([sign]) => sign !== "-").map(([, line]) => line);
function distance(a, b) {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1));
    previous = row;
  }
  return previous[b.length];
}
function main(input) {
  const n = input?.n ?? 400, before = [], after = [];
  for (let i = 0; i < n; i++) {
    before.push(`line ${i * i % 97}: ${"abc".repeat(i % 4)}`);
    if (i % 11 !== 3) after.push(i % 13 === 5 ? `changed ${i}` : before[i]);
    if (i % 17 === 9) after.push(`inserted ${i}`);
  }
  const edits = lcs(before, after);
  let characters = 0, letters = 0;
  for (let i = 0; i + 1 < Math.min(n, 150); i++) characters += distance(before[i], after[i]);
  for (let i = 0; i < 10; i++) letters += lcs([...(before[i] + before[i + 1])], [...(after[i] + after[i + 2])]).filter(([sign]) => sign === " ").length;
  const listing = edits.map(([sign, line]) => sign + line).join("\n");
  return { edits: edits.length, removed: edits.filter(([sign]) => sign === "-").length, same: patch(edits).join() === after.join(), characters, letters, listing: listing.length, head: listing.slice(0, 40) };
}
