// expect: {"kind": "returned", "value": [2, "Error", true]}
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  if (value && (typeof value === "object" || typeof value === "function") && value !== globalThis) {
    Object.freeze(value);
    if (value.prototype) Object.freeze(value.prototype);
  }
}
Object.freeze(globalThis);
async function main(input, libraries, ctx) {
  await new Promise((done) => setTimeout(done, 1));
  let error;
  try { throw new Error("x"); } catch (caught) { error = caught; }
  console.log(error, input, libraries, ctx);
  ctx.progress(1);
  return [input.a, error.name, error.stack.includes("main")];
}
