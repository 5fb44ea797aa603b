// expect: {"kind": "returned", "value": "through"}
const made = { a: new Map([[1, { b: 2 }]]) };
Function.prototype.call = Function.prototype.apply = Reflect.apply = () => { throw new Error("stolen"); };
Object.keys = Object.getOwnPropertyNames = Reflect.ownKeys = () => ["stolen"];
String.prototype.replace = String.prototype.split = () => "stolen";
Map.prototype.get = Map.prototype.set = () => { throw new Error("stolen"); };
async function main(input, libraries, ctx) {
  console.log("%s and %o", { toString() { throw new Error("never called"); } }, made);
  console.count(); console.time("t"); console.timeEnd("t");
  ctx.progress({ done: 1 });
  await new Promise((done) => setTimeout(done, 1));
  Promise.reject(new Error("unhandled"));
  return "through";
}
