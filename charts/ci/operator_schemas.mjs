// The objects of the Prometheus operator against its own types, and mutants that must be seen. Fields that the types do not
// know pass here: our own tests compare every field with what is wanted.
// Usage: operator_schemas.mjs NODE_MODULES <JSON objects, a line each>
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules] = process.argv.slice(2);
const base = `${modules}/@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1`;
const models = {};
for (const kind of ["ServiceMonitor", "PrometheusRule"]) {
  models[kind] = (await import(pathToFileURL(`${base}/${kind}.js`)))[kind];
}

const right = (object) => {
  try {
    new models[object.kind](object).validate();
    return true;
  } catch (error) {
    return error.message;
  }
};

const objects = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
let failed = false;
for (const object of objects) {
  const answer = right(object);
  if (answer !== true) {
    console.log(`!! FAILED: ${object.kind}/${object.metadata.name}: ${answer}`);
    failed = true;
  }
}

const mutants = {
  ServiceMonitor: [
    (object) => delete object.spec.selector,
    (object) => (object.spec.endpoints[0].interval = 5),
    (object) => (object.spec.endpoints[0].interval = "5 seconds"),
    (object) => (object.spec.endpoints[0].port = 8080),
    (object) => (object.spec.namespaceSelector.matchNames = "jobs"),
  ],
  PrometheusRule: [
    (object) => (object.spec.groups[0].rules[0].for = 5),
    (object) => delete object.spec.groups[0].name,
    (object) => (object.spec.groups[0].rules[0].labels.severity = 1),
  ],
};
let seen = 0;
let count = 0;
for (const [kind, changes] of Object.entries(mutants)) {
  const object = objects.find((object) => object.kind === kind);
  for (const change of changes) {
    const mutant = structuredClone(object);
    change(mutant);
    count += 1;
    if (right(mutant) === true) {
      console.log(`!! NOT SEEN in ${kind}: ${change}`);
    } else {
      seen += 1;
    }
  }
}
console.log(`${objects.length} objects of the Prometheus operator fit its types, ${seen} of ${count} mutants seen`);
process.exit(failed || seen !== count ? 1 : 0);
