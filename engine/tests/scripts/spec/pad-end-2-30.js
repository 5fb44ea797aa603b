// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    'x'.padEnd(2 ** 30, 'ab');
  } catch (e) {
    return e.name;
  }
  return 'done';
}
