// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    'x'.repeat(Infinity);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
