// A templating language: compiled once to closures, rendered with escaping, loops, conditions and filters; n: pages.
const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const filters = {
  upper: (value) => String(value).toUpperCase(),
  money: (value) => "$" + (value / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ","),
  title: (value) => String(value).replace(/\b[a-z]/g, (c) => c.toUpperCase()),
  pad: (value) => String(value).padStart(4, "0"),
};
const lookup = (scopes, path) => {
  const [head, ...rest] = path.split(".");
  const scope = scopes.findLast((scope) => head in scope);
  return rest.reduce((value, key) => value?.[key], scope?.[head]);
};
function compile(text) {
  const tokens = text.split(/(\{\{[^}]+\}\})/);
  let at = 0;
  function block(end) {
    const parts = [];
    while (at < tokens.length) {
      const token = tokens[at++];
      if (!token.startsWith("{{")) { if (token) parts.push(() => token); continue; }
      const inner = token.slice(2, -2).trim();
      if (inner === end) break;
      const [, verb, path] = /^#(each|if)\s+([\w.]+)$/.exec(inner) ?? [];
      if (verb === "each") {
        const body = block("/each");
        parts.push((scopes) => (lookup(scopes, path) ?? []).map((item, index) => body([...scopes, { item, index }])).join(""));
      } else if (verb === "if") {
        const body = block("/if");
        parts.push((scopes) => (lookup(scopes, path) ? body(scopes) : ""));
      } else {
        const [name, ...chain] = inner.split("|").map((part) => part.trim());
        parts.push((scopes) => String(chain.reduce((value, filter) => filters[filter](value), lookup(scopes, name)) ?? "").replace(/[&<>"']/g, (c) => escapes[c]));
      }
    }
    return (scopes) => parts.map((part) => part(scopes)).join("");
  }
  const body = block(null);
  return (data) => body([data]);
}
const page = compile(`<h1>{{ title | title }}</h1>{{#if user.admin}}<a href="/admin">{{ user.name | upper }}</a>{{/if}}
<ul>{{#each items}}<li id="i{{ index | pad }}">{{ item.name }}: {{ item.price | money }}{{#if item.sale}} <b>sale!</b>{{/if}}</li>
{{/each}}</ul><p>{{ footer.text }}{{ missing.value }}</p>`);
function main(input) {
  const n = input?.n ?? 500;
  let length = 0, sum = 0, html = "";
  for (let i = 0; i < n; i++) {
    const items = Array.from({ length: 10 }, (_, k) => ({ name: `Thing <${k}> & "co"`, price: i * 7919 + k * 12345, sale: (i + k) % 3 === 0 }));
    html = page({ title: `page number ${i}`, user: { name: "o'neil", admin: i % 2 === 0 }, items, footer: { text: "© all > none" } });
    length += html.length;
    for (let k = 0; k < html.length; k += 16) sum = (sum * 31 + html.charCodeAt(k)) | 0;
  }
  return { length, sum, tail: html.slice(-60) };
}
