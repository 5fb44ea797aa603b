//! Procedures that commands alone do: as text in a runbook, and as a script with guards that stop it.

use crate::{
    manifest::{About, Guard, Kind, Step},
    plan::{Plan, SecretRef, Workload},
    tree::{Tree, map},
    yaml,
};

use super::super::Files;

/// Where a volume is seen by the pod that copies it.
const MOUNT: &str = "/data";

/// An image with `tar`, for the pod that copies a volume.
const TAR_IMAGE: &str = "docker.io/library/busybox:1.36";

/// As containers of ours run; files of the volume are theirs.
const NOBODY: i64 = 65532;

/// The script of a procedure, if commands alone do it, and the pods that it starts.
pub(super) fn files(plan: &Plan, name: &str, doc: &str, steps: &[Step]) -> Files {
    let mut files = Files::new();
    if steps.is_empty() || !steps.iter().all(|step| step.about.is_script()) {
        return files;
    }
    let install = &plan.install;
    let wants_folder = steps.iter().any(needs_folder);
    let argument = if wants_folder { " FOLDER" } else { "" };
    let mut text = format!(
        "#!/usr/bin/env bash\n# {}: {name}. {doc}.\n#\n#   runbook/{name}.sh{argument}\nset -euo pipefail\numask 077\nnamespace=${{NAMESPACE:-{}}}\n\
         here=$(cd \"$(dirname \"$0\")/..\" && pwd)\nkube() {{ kubectl --namespace \"$namespace\" \"$@\"; }}\n\
         refused() {{ echo \"refused: $*\" >&2; exit 2; }}\ncommand -v kubectl >/dev/null || refused \"there is no kubectl on the path\"\n",
        install.name, install.namespace
    );
    if wants_folder {
        text.push_str("folder=${1:-}\n[[ -n $folder ]] || refused \"name the folder of the backup\"\n");
    }
    if steps.iter().any(|step| matches!(step.about, About::Backup | About::Restore)) {
        text.push_str(&paused(plan));
        for workload in stateful(plan) {
            files.insert(format!("runbook/volume-{}.yaml", workload.object), yaml::print(&copier(plan, workload)));
        }
    }
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!("\necho '== {}. {}'\n", index + 1, step.title.replace('\'', "'\\''")));
        for guard in &step.guards {
            text.push_str(match guard {
                Guard::Confirm => {
                    "read -r -p \"This cannot be taken back. Type $namespace to go on: \" answer || true\n[[ ${answer:-} == \"$namespace\" ]] || refused \"nothing was done\"\n"
                }
                Guard::Backup => "[[ -s $folder/complete ]] || refused \"$folder holds no complete backup\"\n",
            });
        }
        text.push_str(&match step.about {
            About::Backup => backup(plan),
            About::Restore => restore(plan),
            About::Rotate => rotate(plan),
            About::Uninstall => uninstall(plan),
            _ => destroy(plan),
        });
    }
    files.insert(format!("runbook/{name}.sh"), text);
    files
}

/// What a step of a script does, in words.
pub(super) fn told(plan: &Plan, about: About) -> String {
    let listed = |names: Vec<String>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let volumes = || listed(stateful(plan).map(|workload| format!("`{}`", claim(workload))).collect());
    let databases = || {
        listed(
            dumps(plan)
                .map(|(name, _, schema)| format!("{name}{}", schema.map(|schema| format!(" (schema `{schema}`)")).unwrap_or_default()))
                .collect(),
        )
    };
    match about {
        About::Backup => format!(
            "All pods are stopped for it, so that the copy is of one moment, and started again whatever happens. Volumes: {}. Databases, by `pg_dump`: {}. \
             Secrets are copied too: encrypt the folder. Not in it: what outside services hold and is not named here, and what an install makes anew.\n",
            volumes(),
            databases()
        ),
        About::Restore => format!(
            "Pods are stopped, then each is put back as a whole: volumes ({}) and databases ({}, in one transaction: what fails leaves everything as it was). \
             Secrets are put back first, and only those that are not there.\n",
            volumes(),
            databases()
        ),
        About::Rotate => {
            let names = rotated(plan).map(|secret| format!("`{}`", secret.object)).collect();
            format!(
                "Made anew: {}. Secrets that data is lost with, and those that others tell, are not touched. Whoever shows a key needs the new one from then on; \
                 pods are started again with it.\n",
                listed(names)
            )
        }
        About::Uninstall => format!("The install backwards. {} stay.\n", stay(plan)),
        _ => {
            let cloud = plan.clouds.aws.is_some() || plan.clouds.oci.is_some();
            let buckets = if cloud {
                " Buckets, and secrets in the cloud, are guarded in Terraform (`prevent_destroy`): take the guard away there, then `terraform destroy`."
            } else {
                ""
            };
            format!("Volumes, secrets and the namespace go, and with them everything that is not in the backup.{buckets}\n")
        }
    }
}

/// What Helm does not take away.
pub(super) fn stay(plan: &Plan) -> &'static str {
    if plan.buckets.is_empty() { "Volumes and secrets" } else { "Volumes, secrets and buckets" }
}

fn needs_folder(step: &Step) -> bool {
    matches!(step.about, About::Backup | About::Restore) || step.guards.contains(&Guard::Backup)
}

fn stateful(plan: &Plan) -> impl Iterator<Item = &Workload> {
    plan.workloads().filter(|workload| workload.kind == Kind::StatefulSet)
}

fn claim(workload: &Workload) -> String {
    format!("data-{}-0", workload.object)
}

/// Databases that a backup takes: name, secret and key with the URL, schema.
fn dumps(plan: &Plan) -> impl Iterator<Item = (&str, (&SecretRef, &str), Option<&str>)> {
    plan.parts.iter().filter_map(|(name, part)| {
        let dump = part.host.as_ref()?.dump.as_ref()?;
        let (secret, key) = dump.url.split_once('.')?;
        let secret = plan.secrets.iter().find(|other| other.name == secret)?;
        Some((name.as_str(), (secret, key), dump.schema.as_deref()))
    })
}

/// Secrets that can be made anew: ours, and nothing is lost with them.
fn rotated(plan: &Plan) -> impl Iterator<Item = &SecretRef> {
    plan.secrets.iter().filter(|secret| secret.is_ours() && !secret.keys.values().any(|key| key.irrecoverable))
}

/// Stops what writes, and starts it again at the end, whatever the end is.
fn paused(plan: &Plan) -> String {
    let mut text = "\n# NAME REPLICAS of what was stopped.\nstopped=()\nstart() {\n    for one in \"${stopped[@]}\"; do\n        read -r name replicas <<<\"$one\"\n        \
                    kube scale \"$name\" --replicas \"$replicas\"\n    done\n    stopped=()\n}\ntrap start EXIT\nstop() {\n    local replicas\n    \
                    kube get \"$1\" >/dev/null 2>&1 || return 0\n    replicas=$(kube get \"$1\" --output 'jsonpath={.spec.replicas}')\n    \
                    stopped+=(\"$1 $replicas\")\n    kube scale \"$1\" --replicas 0\n    \
                    local pods=\"app.kubernetes.io/name=${1#*/}\"\n    [[ -z $(kube get pods --selector \"$pods\" --output name) ]] || kube wait --for delete pod --selector \"$pods\" --timeout 15m\n}\n"
        .to_owned();
    text.push_str("stop_all() {\n");
    // Who dials goes before who is dialled.
    for workload in plan.workloads().filter(|workload| workload.kind == Kind::Deployment).chain(stateful(plan)) {
        let kind = if workload.kind == Kind::StatefulSet { "statefulset" } else { "deployment" };
        text.push_str(&format!("    stop {kind}/{}\n", workload.object));
    }
    text.push_str("}\n");
    if stateful(plan).next().is_some() {
        text.push_str(
            "# A pod with the volume of a stateful set that was stopped.\nwith_volume() {\n    kube apply --filename \"$here/runbook/volume-$1.yaml\"\n    \
             kube wait --for condition=Ready \"pod/$1-volume\" --timeout 5m\n}\nwithout_volume() { kube delete pod \"$1-volume\" --wait; }\n",
        );
    }
    if dumps(plan).next().is_some() {
        text.push_str("# SECRET KEY: a URL that is a secret. It is seen in the list of this machine's processes while a dump runs.\nurl() { kube get secret \"$1\" --output \"jsonpath={.data.$2}\" | base64 -d; }\n");
    }
    text
}

fn backup(plan: &Plan) -> String {
    let mut text = "mkdir -p \"$folder/secrets\"\n[[ ! -e $folder/complete ]] || refused \"$folder holds a backup already\"\n".to_owned();
    for secret in &plan.secrets {
        let object = &secret.object;
        // Name and data alone: what else the cluster knows about it belongs to that cluster.
        text.push_str(&format!(
            "if kube get secret {object} >/dev/null 2>&1; then\n    \
             printf '{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"{object}\"}},\"type\":\"Opaque\",\"data\":%s}}\\n' \
             \"$(kube get secret {object} --output 'jsonpath={{.data}}')\" >\"$folder/secrets/{object}.json\"\nfi\n"
        ));
    }
    text.push_str("stop_all\n");
    for workload in stateful(plan) {
        let object = &workload.object;
        text.push_str(&format!(
            "if kube get statefulset {object} >/dev/null 2>&1; then\n    with_volume {object}\n    \
             kube exec {object}-volume -- tar -c -f - -C {MOUNT} . >\"$folder/{object}.tar\"\n    without_volume {object}\nfi\n"
        ));
    }
    for (name, (secret, key), schema) in dumps(plan) {
        let only = schema.map(|schema| format!(" --schema {schema}")).unwrap_or_default();
        text.push_str(&format!(
            "if kube get secret {0} >/dev/null 2>&1; then\n    pg_dump --format custom{only} --file \"$folder/{name}.dump\" --dbname \"$(url {0} {key})\"\nfi\n",
            secret.object
        ));
    }
    text + "start\n# The last thing that is written: without it, the backup is none.\ndate --utc --iso-8601=seconds >\"$folder/complete\"\n"
}

fn restore(plan: &Plan) -> String {
    let mut text = "for file in \"$folder\"/secrets/*.json; do\n    [[ -e $file ]] || continue\n    \
                    kube get secret \"$(basename \"$file\" .json)\" >/dev/null 2>&1 || kube create --filename \"$file\"\ndone\nstop_all\n"
        .to_owned();
    for workload in stateful(plan) {
        let object = &workload.object;
        text.push_str(&format!(
            "if [[ -s $folder/{object}.tar ]]; then\n    with_volume {object}\n    \
             kube exec {object}-volume -- find {MOUNT} -mindepth 1 -delete\n    \
             kube exec --stdin {object}-volume -- tar -x -f - -C {MOUNT} <\"$folder/{object}.tar\"\n    without_volume {object}\nfi\n"
        ));
    }
    for (name, (secret, key), _) in dumps(plan) {
        text.push_str(&format!(
            "if [[ -s $folder/{name}.dump ]]; then\n    \
             pg_restore --clean --if-exists --single-transaction --exit-on-error --no-owner --dbname \"$(url {} {key})\" \"$folder/{name}.dump\"\nfi\n",
            secret.object
        ));
    }
    text + "start\n"
}

fn rotate(plan: &Plan) -> String {
    let mut text = String::new();
    for secret in rotated(plan) {
        text.push_str(&format!("kube delete secret {} --ignore-not-found\n", secret.object));
    }
    // It makes what is not there, and nothing else.
    text.push_str("NAMESPACE=$namespace \"$here/secrets/make.sh\" apply\n");
    let mut seen = Vec::new();
    for workload in rotated(plan).flat_map(|secret| plan.readers(secret)) {
        let kind = match workload.kind {
            Kind::StatefulSet => "statefulset",
            Kind::Deployment => "deployment",
            _ => continue,
        };
        let target = format!("{kind}/{}", workload.object);
        if !seen.contains(&target) {
            text.push_str(&format!(
                "if kube get {target} >/dev/null 2>&1; then kube rollout restart {target}; kube rollout status {target} --timeout 15m; fi\n"
            ));
            seen.push(target);
        }
    }
    text
}

fn uninstall(plan: &Plan) -> String {
    let one = |chart: &crate::plan::Chart| format!("helm uninstall {} --namespace \"$namespace\" --ignore-not-found --wait\n", chart.name);
    plan.charts.iter().rev().map(one).collect()
}

fn destroy(plan: &Plan) -> String {
    let mut text = String::new();
    for workload in stateful(plan) {
        text.push_str(&format!("kube delete persistentvolumeclaim {} --ignore-not-found\n", claim(workload)));
    }
    for volume in &plan.volumes {
        text.push_str(&format!("kube delete persistentvolumeclaim {} --ignore-not-found\n", volume.name));
    }
    for secret in &plan.secrets {
        text.push_str(&format!("kube delete secret {} --ignore-not-found\n", secret.object));
    }
    text + "kubectl delete namespace \"$namespace\"\n"
}

/// As restricted as every other pod, or the namespace would refuse it.
fn copier(plan: &Plan, workload: &Workload) -> Tree {
    let container = map! {
        "name" => "volume",
        "image" => TAR_IMAGE,
        "command" => vec!["sleep", "86400"],
        "securityContext" => map! {
            "allowPrivilegeEscalation" => false,
            "readOnlyRootFilesystem" => true,
            "capabilities" => map! { "drop" => vec!["ALL"] },
        },
        "volumeMounts" => vec![map! { "name" => "data", "mountPath" => MOUNT }],
    };
    map! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => map! { "name" => format!("{}-volume", workload.object), "labels" => map! { "app.kubernetes.io/part-of" => &plan.install.name } },
        "spec" => map! {
            "automountServiceAccountToken" => false,
            "restartPolicy" => "Never",
            "securityContext" => map! {
                "runAsNonRoot" => true,
                "runAsUser" => NOBODY,
                "runAsGroup" => NOBODY,
                "fsGroup" => NOBODY,
                "seccompProfile" => map! { "type" => "RuntimeDefault" },
            },
            "containers" => vec![container],
            "volumes" => vec![map! { "name" => "data", "persistentVolumeClaim" => map! { "claimName" => claim(workload) } }],
        },
    }
}
