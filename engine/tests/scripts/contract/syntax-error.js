// expect: {"kind": "threw", "error": {"name": "SyntaxError"}}
function main( {
  return 1;
}
