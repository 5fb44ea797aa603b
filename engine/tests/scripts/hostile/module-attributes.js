// expect: {"kind": "returned", "value": ["TypeError", "TypeError", "specifier"]}
async function main() {
  const failed = async (make) => { try { await make(); return "imported"; } catch (error) { return error.message === "specifier" ? "specifier" : error.name; } };
  Object.prototype.with = { type: "json" };
  Object.prototype.type = "json";
  return [
    await failed(() => import("./none.js")),
    await failed(() => import("lib:none", { with: { type: "json" } })),
    await failed(() => import({ toString() { throw new Error("specifier"); } })),
  ];
}
