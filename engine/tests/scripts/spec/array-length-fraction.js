// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    new Array(1.5);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
