// expect: {"kind": "returned", "value": "3"}
function main() {
  try {
    return String([3, 1, 2].sort(() => NaN).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
