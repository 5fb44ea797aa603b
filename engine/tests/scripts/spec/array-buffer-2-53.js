// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    new ArrayBuffer(2 ** 53);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
