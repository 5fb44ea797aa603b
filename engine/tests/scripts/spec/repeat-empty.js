// expect: {"kind": "returned", "value": "0"}
function main() {
  try {
    return String(''.repeat(2 ** 31 - 1).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
