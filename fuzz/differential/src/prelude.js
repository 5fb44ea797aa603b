// `log` holds what the script did; `show` writes any value so that structure, order, holes, attributes and signs are seen.
const log = [];
const show = (() => {
  const { getPrototypeOf, getOwnPropertyDescriptor } = Object, { ownKeys } = Reflect, { isArray } = Array;
  const written = (value, depth) => {
    switch (typeof value) {
      case "string": return JSON.stringify(value.length > 200 ? value.slice(0, 99) + "…" + value.length + "…" + value.slice(-99) : value);
      case "number": return Object.is(value, -0) ? "-0" : String(value);
      case "bigint": return value + "n";
      case "symbol": return value.toString();
      case "function": return "fn " + value.name + "/" + value.length;
      case "object": break;
      default: return String(value);
    }
    if (value === null) return "null";
    if (depth > 3) return "…";
    const more = (value) => written(value, depth + 1);
    if (value instanceof Error) return value.name + ": " + value.message;
    if (value instanceof Map) return "Map(" + [...value].slice(0, 20).map(([k, v]) => more(k) + "=>" + more(v)) + ")";
    if (value instanceof Set) return "Set(" + [...value].slice(0, 20).map(more) + ")";
    if (value instanceof RegExp) return String(value) + "@" + value.lastIndex;
    const parts = [];
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length && i < 30; i++) {
      const property = getOwnPropertyDescriptor(value, keys[i]);
      if (!property) continue;
      const marks = (property.enumerable ? "" : "h") + (property.configurable ? "" : "s") + (property.writable === false ? "r" : "");
      parts.push(String(keys[i]) + marks + ":" + ("value" in property ? more(property.value) : "accessor"));
    }
    const proto = getPrototypeOf(value);
    const name = proto === null ? "null" : proto === Object.prototype ? "" : proto === Array.prototype ? "" : proto.constructor?.name;
    return name + (isArray(value) ? "[" + parts + "]" : "{" + parts + "}");
  };
  return (value) => {
    try { return written(value, 0); } catch (error) { return "unshowable " + error; }
  };
})();
const see = (label, ...values) => { if (log.length < 400) log.push(label + " " + values.map(show).join(" ")); };
const attempt = (label, f) => { try { see(label, f()); } catch (error) { see(label + " threw", error); } };
