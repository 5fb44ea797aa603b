// expect: {"kind": "returned", "value": "RangeError"}
function main() {
  try {
    'x'.repeat(-1);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
