// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    new Array(-1);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
