// expect: {"kind": "threw", "error": {"name": "Error", "message": ""}}
class Odd extends Error {
  get name() { throw new Error("name"); }
  get message() { throw new Error("message"); }
  get stack() { throw new Error("stack"); }
  get cause() { throw new Error("cause"); }
  toString() { throw new Error("toString"); }
}
function main() {
  console.log(new Odd());
  throw new Odd();
}
