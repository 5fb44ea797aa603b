// expect: {"kind": "threw", "error": {"name": "Error", "message": "then"}}
function main() {
  return { get then() { throw new Error("then"); } };
}
