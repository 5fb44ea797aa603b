// Runs the calls of one package, here and in node alike: name of the call → what came of it, as text.

const show = (key, value) => {
  if (value === undefined) return "«undefined»";
  if (typeof value === "bigint") return `«${value}n»`;
  if (typeof value === "function") return "«function»";
  if (typeof value === "number" && !Number.isFinite(value)) return `«${value}»`;
  if (Object.is(value, -0)) return "«-0»";
  if (value instanceof Map) return { "«Map»": [...value] };
  if (value instanceof Set) return { "«Set»": [...value] };
  if (value instanceof RegExp) return `«${value}»`;
  if (ArrayBuffer.isView(value)) return { [`«${value.constructor.name}»`]: [...value] };
  return value;
};

/** Engines word their own errors differently; a package's words are the same everywhere. */
const engines = new Set(["TypeError", "RangeError", "ReferenceError", "SyntaxError", "URIError"]);

export async function run(calls) {
  const results = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      results[name] = JSON.stringify(await call(), show) ?? "«undefined»";
    } catch (error) {
      const own = error?.constructor && !engines.has(error.constructor.name);
      results[name] = `threw ${error?.name}${own ? `: ${error.message}` : ""}`;
    }
  }
  return results;
}
