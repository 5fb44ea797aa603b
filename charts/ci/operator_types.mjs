// Objects of operators against the operators' own types, strictly: the TypeScript compiler refuses a field that a type does not know, a missing one and
// a wrong kind of value; the types' own validation looks at formats. Mutants must be seen.
// Usage: operator_types.mjs NODE_MODULES <JSON objects, a line each>
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const modules = resolve(process.argv[2]);
const require = createRequire(join(modules, "x.js"));
const ts = require("typescript");

// Where the types of a kind are; they may be those of the version before the one that is rendered, which has the same fields.
const TYPES = {
  "monitoring.coreos.com/v1": ["prometheus-operator/monitoring.coreos.com/v1", ["ServiceMonitor", "PodMonitor", "PrometheusRule"]],
  "keda.sh/v1alpha1": ["keda/keda.sh/v1alpha1", ["ScaledObject"]],
  "argoproj.io/v1alpha1": ["argo-cd/argoproj.io/v1alpha1", ["Application"]],
  "source.toolkit.fluxcd.io/v1": ["flux-cd/source.toolkit.fluxcd.io/v1", ["GitRepository"]],
  "kustomize.toolkit.fluxcd.io/v1": ["flux-cd/kustomize.toolkit.fluxcd.io/v1", ["Kustomization"]],
  "helm.toolkit.fluxcd.io/v2": ["flux-cd/helm.toolkit.fluxcd.io/v2beta2", ["HelmRelease"]],
  "external-secrets.io/v1": ["external-secrets/external-secrets.io/v1beta1", ["ExternalSecret", "SecretStore"]],
};
const MUTANTS = {
  ServiceMonitor: [
    (object) => delete object.spec.selector,
    (object) => (object.spec.endpoints[0].interval = 5),
    (object) => (object.spec.endpoints[0].interval = "5 seconds"),
    (object) => (object.spec.endpoints[0].port = 8080),
    (object) => (object.spec.endpoints[0].intervals = "5s"),
    (object) => (object.spec.namespaceSelector.matchNames = "jobs"),
  ],
  PodMonitor: [
    (object) => delete object.spec.selector,
    (object) => (object.spec.endpoints = object.spec.podMetricsEndpoints),
    (object) => (object.spec.podMetricsEndpoints[0].interval = "15 seconds"),
    (object) => (object.spec.podMetricsEndpoints[0].port = 9464),
  ],
  PrometheusRule: [
    (object) => (object.spec.groups[0].rules[0].for = 5),
    (object) => delete object.spec.groups[0].name,
    (object) => (object.spec.groups[0].rules[0].labels.severity = 1),
    (object) => (object.spec.groups[0].rules[0].summary = "text"),
  ],
  ScaledObject: [
    (object) => delete object.spec.triggers,
    (object) => (object.spec.minReplicas = 1),
    (object) => (object.spec.maxReplicaCount = "10"),
    (object) => (object.spec.triggers[0].metadata.threshold = 20),
    (object) => (object.spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.window = 1),
  ],
  Application: [
    (object) => delete object.spec.destination,
    (object) => (object.spec.source.branch = "main"),
    (object) => (object.spec.syncPolicy.automated.prune = "true"),
    (object) => (object.spec.syncPolicy.options = []),
  ],
  GitRepository: [(object) => delete object.spec.url, (object) => (object.spec.branch = "main"), (object) => (object.spec.interval = "5 minutes")],
  Kustomization: [(object) => delete object.spec.sourceRef, (object) => (object.spec.prune = "yes"), (object) => (object.spec.sourceRef.kind = "Git")],
  HelmRelease: [
    (object) => (object.spec.chart.spec.valuesFile = ["a"]),
    (object) => (object.spec.chart.spec.reconcileStrategy = "Always"),
    (object) => delete object.spec.chart.spec.sourceRef,
    (object) => (object.spec.namespace = "jobs"),
  ],
  ExternalSecret: [(object) => (object.spec.target.creationPolicy = "Keep"), (object) => (object.spec.data[0].remote = {}), (object) => delete object.spec.data[0].secretKey],
  SecretStore: [(object) => (object.spec.provider.aws.service = "Secrets"), (object) => delete object.spec.provider.aws.region],
};

const objects = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const folder = mkdtempSync(join(dirname(modules), "typed-"));
const cases = [];
const add = (object, label, wanted) => {
  const [path, kinds] = TYPES[object.apiVersion] ?? [];
  if (!kinds?.includes(object.kind)) throw new Error(`no types for ${object.apiVersion} ${object.kind}`);
  const file = join(folder, `case${cases.length}.ts`);
  const type = `Omit<I${object.kind}, "apiVersion"> & { apiVersion: string }`;
  const module = `@kubernetes-models/${path}/${object.kind}`;
  writeFileSync(file, `import type { I${object.kind} } from "${module}";\nexport const object: ${type} = ${JSON.stringify(object)};\n`);
  cases.push({ object, label, wanted, file, model: join(modules, `${module}.js`) });
};
for (const object of objects) add(object, `${object.kind}/${object.metadata.name}`, true);
for (const [kind, changes] of Object.entries(MUTANTS)) {
  const object = objects.find((object) => object.kind === kind);
  if (!object) throw new Error(`no ${kind} is rendered`);
  for (const change of changes) {
    const mutant = structuredClone(object);
    change(mutant);
    add(mutant, `${kind}: ${change}`, false);
  }
}

const program = ts.createProgram(
  cases.map((one) => one.file),
  { strict: true, noEmit: true, skipLibCheck: true, types: [], module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
);
let failed = 0;
let seen = 0;
for (const { object, label, wanted, file, model } of cases) {
  const told = ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((one) => ts.flattenDiagnosticMessageText(one.messageText, " "));
  if (told.some((text) => text.includes("Cannot find module"))) throw new Error(told.join("\n"));
  try {
    const Model = require(model)[object.kind];
    // The version that the types are of, which validation insists on.
    new Model({ ...object, apiVersion: Model.apiVersion }).validate();
  } catch (error) {
    told.push(error.message);
  }
  if (wanted && told.length > 0) {
    console.log(`!! FAILED: ${label}: ${told.join("; ")}`);
    failed += 1;
  } else if (!wanted && told.length === 0) {
    console.log(`!! NOT SEEN: ${label}`);
    failed += 1;
  } else if (!wanted) {
    seen += 1;
  }
}
rmSync(folder, { recursive: true });
console.log(`${objects.length} objects compared with the types of their operators, ${seen} of ${cases.length - objects.length} mutants seen`);
process.exit(failed > 0 ? 1 : 0);
