// expect: {"kind": "returned", "value": "60"}
function main() {
  try {
    return String([...Array(60).keys()].sort(() => Math.random() < 0.5 ? 1 : -1).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
