// expect: {"kind": "returned", "value": "SyntaxError SyntaxError 1"}
function main() {
  const attempt = (text) => {
    try {
      return new Function(text)();
    } catch (e) {
      return e.name;
    }
  };
  const clause = attempt('switch (0) { case 0: using x = null; }');
  const rest = attempt('switch (0) { default: using x = null; }');
  const block = attempt('switch (0) { case 0: { using x = null; } return 1; }');
  return `${clause} ${rest} ${block}`;
}
