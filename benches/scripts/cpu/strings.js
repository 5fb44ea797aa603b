// Strings appended to, indexed, joined, split; n: characters.
function main(input) {
  const n = input?.n ?? 100000, p = [];
  let s = "", c = 0;
  for (let i = 0; i < n; i++) s += String.fromCharCode(97 + i % 26);
  for (let i = 0; i < s.length; i += 3) if (s.charAt(i) === "a") c++;
  for (let i = 0; i < n * 0.3; i++) p.push(`item-${i}`);
  return p.join(",").split(",").length + c + s.slice(5, 100).toUpperCase().indexOf("Z");
}
