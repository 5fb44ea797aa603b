// `IafScriptEngine`: variables that the functions of a script share. A plain script, as the platform has them: its global functions are
// the library.

var variables = {};

function setVar(name, value) {
  variables[name] = value;
  return value;
}

function getVar(name) {
  return variables[name];
}

function clearVars() {
  variables = {};
}
