// expect: {"kind": "returned", "value": "100"}
function main() {
  try {
    return String([...Array(100).keys()].sort(() => -1).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
