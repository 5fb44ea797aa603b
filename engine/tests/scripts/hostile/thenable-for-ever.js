// limits: {"fuel": 50000000}
// expect: {"kind": "limit_exceeded", "limit": "fuel"}
function main() {
  const again = () => ({ then(resolve) { resolve(again()); } });
  return again();
}
