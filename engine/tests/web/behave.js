// What every case is run with, in the sandbox and in node: the text of the value that its last statement gives.
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
  if (value instanceof Error) return value instanceof DOMException ? `<DOMException ${value.name}>` : `<${value.name}>`;
  if (Array.isArray(value)) return list(Array.from({ length: value.length }, (_, i) => (i in value ? inner(value[i]) : "hole")), "[", "]");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return list(Array.from(value, inner), `${value.constructor.name}[`, "]");
  if (value instanceof ArrayBuffer) return list(Array.from(new Uint8Array(value), inner), "ArrayBuffer[", "]");
  if (value instanceof DataView) return list(Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), inner), "DataView[", "]");
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return list([...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`), "Map {", "}");
  if (value instanceof Set) return list([...value].map(inner), "Set {", "}");
  // What keeps its state to itself shows its class.
  const tag = value[Symbol.toStringTag];
  if (typeof tag === "string" && !Object.keys(value).length) return `[object ${tag}]`;
  const get = (key) => {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    return "value" in property ? inner(property.value) : "accessor";
  };
  const keys = Object.keys(value);
  // Engines make the results of iterators in either order.
  if (keys.length === 2 && keys.includes("done") && keys.includes("value")) keys.sort().reverse();
  return list(keys.map((key) => `${key}: ${get(key)}`), "{", "}");
};
// A case that awaits is the body of an async function; its last statement gives the value.
const wrap = (source) => {
  if (!/\bawait\b/.test(source)) return `{\n${source}\n}`;
  const at = Math.max(source.lastIndexOf("\n"), source.lastIndexOf("; ") + 1) + 1;
  return `(async () => {\n${source.slice(0, at)} return ${source.slice(at)}\n})()`;
};
const behave = async (source) => {
  try {
    return show(await (0, eval)(wrap(source)));
  } catch (error) {
    return "throws " + show(error, 1);
  }
};

// For cases: the class of what a function throws or a promise is rejected with; everything that a stream gives; a pause.
const thrown = (f) => { try { return f(), "no error"; } catch (error) { return show(error, 1); } };
const rejects = async (promise) => { try { return await (typeof promise === "function" ? promise() : promise), "no error"; } catch (error) { return show(error, 1); } };
const read = async (stream) => { const chunks = [], reader = stream.getReader(); for (;;) { const { value, done } = await reader.read(); if (done) return chunks; chunks.push(value); } };
const text = async (stream) => new Response(stream).text();
const from = (...chunks) => new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); } });
const pause = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
