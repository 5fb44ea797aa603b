// expect: {"kind": "returned", "value": "found"}
// What is hidden from `with` is not hidden from us.
globalThis[Symbol.unscopables] = { hidden: true, console: true, setTimeout: true, main: true };
function hidden() { return "found"; }
async function main() {
  await new Promise((done) => setTimeout(done, 0));
  console.log("still here");
  return hidden();
}
