// expect: {"kind": "returned", "value": null}
function main() {}
