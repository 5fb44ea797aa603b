// What every case is run with, in the sandbox, in native Boa and in node: the text of the value that its last statement gives.
const show = (value, depth = 0) => {
  const list = (items, open, close) => open + items.join(", ") + close;
  const inner = (value) => (depth > 4 ? "…" : show(value, depth + 1));
  if (typeof value === "string") {
    const text = value.replace(/[\u0000-\u001f\u007f\u00a0\u180e\u2003\u2028\u2029\ufeff]|\p{Surrogate}/gu, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
    return depth ? `"${text}"` : text;
  }
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint") return value + "n";
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object" || value === null) return String(value);
  // Messages differ between engines; classes do not.
  if (value instanceof Error) return `<${value.name}>`;
  if (Array.isArray(value)) return list(Array.from({ length: value.length }, (_, i) => (i in value ? inner(value[i]) : "hole")), "[", "]");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return list(Array.from(value, inner), `${value.constructor.name}[`, "]");
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return list([...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`), "Map {", "}");
  if (value instanceof Set) return list([...value].map(inner), "Set {", "}");
  const get = (key) => {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    return "value" in property ? inner(property.value) : "accessor";
  };
  return list(Object.keys(value).map((key) => `${key}: ${get(key)}`), "{", "}");
};
const behave = async (source) => {
  try {
    return show(await (0, eval)(source));
  } catch (error) {
    return "throws " + show(error, 1);
  }
};
