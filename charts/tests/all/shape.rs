//! The concepts have the shape of the platforms that are still open: their manifests can say what their documents ask for, and what nothing renders so
//! far is told, and never half done.

use ampoule_charts::render;

fn manifest(more: &str) -> String {
    format!(
        "install: {{name: shape, doc: A shape, version: 1.0.0, namespace: shape, kubernetes: [\"1.30\"]}}\n\
         images:\n  app: {{doc: The image, repository: registry.example.com/app}}\n\
         service_accounts:\n  app: {{doc: Everybody}}\n{more}"
    )
}

const APP: &str = "  app: {kind: deployment, doc: An application, image: app, service_account: app, ports: {http: {number: 8080}}, resources: {cpu: 1, memory: 1Gi, doc: Enough}}\n";

/// Keys of what is told, and the rendered files.
fn check(more: &str, lints: &[&str]) -> ampoule_charts::Files {
    let text = manifest(&more.replace("APP", APP).replace("cpu: 1,", "cpu: \"1\","));
    let plan = ampoule_charts::read("shape.yaml", &text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(plan.lints.iter().map(|lint| lint.key.as_str()).collect::<Vec<_>>(), lints);
    render(&plan)
}

/// ThingPark Enterprise: on Azure, a port that a connector opens, a volume in a class of its own.
#[test]
fn thingpark() {
    let files = check(
        "clouds:\n  azure: {subscription: 00000000-0000-0000-0000-000000000000, tenant: 00000000-0000-0000-0000-000000000000, location: westeurope}\n\
         components:\n  app: {kind: deployment, doc: Data path, image: app, service_account: app, resources: {cpu: 1, memory: 1Gi, doc: Enough},\n    \
         knobs: {connector: {doc: Whether base stations are let in, default: false}}, ports: {iec: {number: 3001, when: connector}},\n    \
         isolation: {in: [internet], out: []}}\n  internet: {kind: anywhere, doc: Base stations}\n\
         connections: [{from: internet, to: app, ports: [iec], doc: IEC-104 and TLS}]\n",
        &["clouds.azure"],
    );
    let policy = &files["charts/shape/templates/app/network-policy-internet.yaml"];
    assert!(policy.starts_with("{{- if eq .Values.network.policy \"kubernetes\" }}\n{{- if .Values.app.connector }}\n"), "{policy}");
    let service = &files["charts/shape/templates/app/service.yaml"];
    assert!(service.starts_with("{{- if .Values.app.connector }}\n"), "{service}");
}

/// KITT4SME: a mesh, routes with a prefix that is rewritten, tokens whose tenant must be the header's.
#[test]
fn kitt4sme() {
    let files = check(
        "mesh: {kind: istio, strict: true, egress_gateway: true, asks: opa}\n\
         hosts:\n  id: {doc: Keycloak, name: id.example.com, routes: [{component: app, port: http, paths: [/auth]}]}\n  \
         api: {doc: FIWARE, name: api.example.com, routes: [{component: app, port: http, paths: [/orion], rewrite: /,\n    \
         auth: {token: {issuer: id, tenant: {header: fiware-service, claim: tenant}, except: [/orion/version]}}}]}\n\
         components:\nAPP  opa: {kind: release, doc: Decides, release: {repository: oci.example.com/charts, chart: opa, version: 1.0.0}}\n",
        &["mesh", "hosts.api", "components.opa"],
    );
    assert!(files.contains_key("charts/shape/templates/hosts/shape-id.yaml"));
    assert!(!files.keys().any(|path| path.contains("shape-api")), "an Ingress would be open to everybody");
}

/// SIMPHERA: stages from one repository, and buckets on AWS.
#[test]
fn simphera() {
    let files = check(
        "clouds:\n  aws: {region: eu-central-1, cluster: simphera, identity: pod_identity}\n\
         buckets:\n  data: {doc: Results, name: simphera-data, versioning: true}\ngrants: [{account: app, buckets: [data]}]\n\
         gitops: {repository: https://git.example.com/a.git, path: a, flux: {namespace: flux-system, interval_minutes: 5}}\n\
         stages:\n  staging: {doc: First, order: 1, branch: staging}\n  production: {doc: Then, order: 2, branch: main}\n\
         components:\nAPP",
        &[],
    );
    assert!(files.contains_key("gitops/flux/staging/shape.yaml") && files.contains_key("cloud/aws/terraform/buckets.tf.json"));
}

/// DAIM: on Alibaba Cloud, certificates of devices with a list of revoked ones, a job every three hours.
#[test]
fn daim() {
    let files = check(
        "clouds:\n  alicloud: {region: eu-central-1}\n\
         secrets:\n  devices: {doc: Devices, keys: {ca: {doc: The authority, source: certificate, min_length: 1, max_length: 9999}, crl: {doc: Revoked, source: external, min_length: 1, max_length: 99999}}}\n\
         hosts:\n  e3: {doc: Devices, name: e3.example.com, routes: [{component: app, port: http, paths: [/],\n    \
         auth: {certificate: {authority: devices.ca, revoked: devices.crl, except: [/onboarding]}}}]}\n\
         components:\nAPP  pgbackup: {kind: cronjob, doc: Backs up, schedule: \"0 */3 * * *\", image: app, service_account: app, resources: {cpu: 1, memory: 1Gi, doc: Enough}}\n",
        &["clouds.alicloud", "hosts.e3"],
    );
    let job: serde_json::Value = serde_saphyr::from_str(
        &files["charts/shape/templates/pgbackup/cronjob.yaml"]
            .replace("{{", "\"")
            .replace("}}", "\"")
            .lines()
            .filter(|line| !line.contains('"') || line.contains("schedule"))
            .collect::<Vec<_>>()
            .join("\n"),
    )
    .unwrap();
    assert_eq!(job["spec"]["schedule"], "0 */3 * * *");
}

#[test]
fn what_the_shapes_may_not_say() {
    let refused = |more: &str, wanted: &str| {
        let told = ampoule_charts::read("shape.yaml", &manifest(&more.replace("APP", &APP.replace("cpu: 1,", "cpu: \"1\","))))
            .expect_err(more)
            .to_string();
        assert!(told.contains(wanted), "{told}");
    };
    refused(
        "clouds:\n  azure: {subscription: mine, tenant: yours, location: w}\ncomponents:\nAPP",
        "clouds.azure.subscription: `mine` is no id",
    );
    refused("mesh: {kind: linkerd, strict: true}\ncomponents:\nAPP", "mesh.kind: must not be `linkerd`");
    refused("mesh: {kind: istio, strict: true, asks: opa}\ncomponents:\nAPP", "mesh.asks: there is no component `opa`");
    refused(
        "hosts:\n  e3: {doc: D, name: e3.example.com, routes: [{component: app, port: http, paths: [/], auth: {certificate: {authority: devices}}}]}\ncomponents:\nAPP",
        "`devices` names no key of a secret; write SECRET.KEY",
    );
    refused(
        "components:\nAPP  late: {kind: cronjob, doc: D, schedule: hourly, image: app, service_account: app, resources: {cpu: \"1\", memory: 1Gi, doc: E}}\n",
        "has five fields",
    );
}
