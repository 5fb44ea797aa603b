// expect: {"kind": "threw", "error": {"name": "RangeError", "message": "mine"}}
function main() {
  return { toJSON() { throw new RangeError("mine"); } };
}
