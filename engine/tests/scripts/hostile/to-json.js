// expect: {"kind": "returned", "value": {"a": 2, "list": [1, "x"]}}
// What the host sees is printed by us, whatever the script made of the language's own printing.
function main(input) {
  const result = { a: input.a, list: [1, "x"] };
  Array.prototype.join = Array.prototype.map = () => "stolen";
  JSON.stringify = () => "stolen";
  String.prototype.toString = () => "stolen";
  return result;
}
