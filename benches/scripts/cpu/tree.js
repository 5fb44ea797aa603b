// A document tree: built, walked by recursion and by a stack, transformed without mutation, compared, printed; n: nodes.
class Element {
  constructor(name, attributes = {}, children = []) { this.name = name; this.attributes = attributes; this.children = children; }
  *descendants() { for (const child of this.children) { yield child; if (child instanceof Element) yield* child.descendants(); } }
}
class Text { constructor(text) { this.text = text; } }
const transform = (node, change) => change(node instanceof Element ? new Element(node.name, { ...node.attributes }, node.children.map((child) => transform(child, change))) : node);
function print(node, depth = 0) {
  if (node instanceof Text) return "  ".repeat(depth) + node.text + "\n";
  const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}="${value}"`).join("");
  if (!node.children.length) return `${"  ".repeat(depth)}<${node.name}${attributes}/>\n`;
  return `${"  ".repeat(depth)}<${node.name}${attributes}>\n${node.children.map((child) => print(child, depth + 1)).join("")}${"  ".repeat(depth)}</${node.name}>\n`;
}
function select(root, predicate) {
  const found = [], stack = [root];
  while (stack.length) {
    const node = stack.pop();
    if (predicate(node)) found.push(node);
    if (node.children) stack.push(...node.children.toReversed());
  }
  return found;
}
function differences(a, b, path = "/") {
  if (a.constructor !== b.constructor || a.name !== b.name) return [path];
  if (a instanceof Text) return a.text === b.text ? [] : [path + "text()"];
  const keys = new Set([...Object.keys(a.attributes), ...Object.keys(b.attributes)]);
  const own = [...keys].filter((key) => a.attributes[key] !== b.attributes[key]).map((key) => `${path}@${key}`);
  return own.concat(...a.children.map((child, at) => (b.children[at] ? differences(child, b.children[at], `${path}${child.name ?? "#"}[${at}]/`) : [`${path}-${at}`])));
}
function main(input) {
  const n = input?.n ?? 4000;
  let x = 11, made = 0;
  const random = (below) => { x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff; return (x >> 8) % below; };
  const names = ["section", "p", "div", "li", "em"];
  const root = new Element("root"), open = [root];
  while (made++ < n) {
    const parent = open[random(open.length)];
    const child = random(3) === 0 ? new Text(`words ${made}`) : new Element(names[random(5)], random(2) ? { id: `n${made}`, class: random(2) ? "a" : "b" } : {});
    parent.children.push(child);
    if (child instanceof Element && open.length < 400) open.push(child);
  }
  let deepest = 0;
  const depth = (node, level) => { deepest = Math.max(deepest, level); node.children?.forEach((child) => depth(child, level + 1)); };
  depth(root, 0);
  const changed = transform(root, (node) => (node instanceof Text ? new Text(node.text.toUpperCase()) : node.name === "em" ? new Element("strong", node.attributes, node.children) : node));
  let walked = 0;
  for (const node of root.descendants()) if (node instanceof Text) walked += node.text.length;
  const printed = print(changed), found = select(root, (node) => node.attributes?.class === "a" && node.children.length > 0);
  return { deepest, walked, printed: printed.length, found: found.length, first: found[0]?.attributes.id ?? null, differences: differences(root, changed).length, strong: printed.split("<strong").length - 1 };
}
