// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    'x'.padStart(2 ** 30);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
