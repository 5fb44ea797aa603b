// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    'x'.repeat(2 ** 29);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
