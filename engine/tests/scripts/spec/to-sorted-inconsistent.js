// expect: {"kind": "returned", "value": "80"}
function main() {
  try {
    return String([...Array(80).keys()].toSorted(() => 1).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
