//! The pod of a workload, as the restricted Pod Security Standard wants it.

use crate::{
    knob::key,
    manifest::{Kind, Probe},
    plan::{EnvValue, Workload},
    tree::{Part, Tree, When, entry, list, map},
};

/// User and group of every container: `nonroot` in the usual small base images.
const NOBODY: i64 = 65532;

/// Secrets are read by the pod's group, and by nobody else: 0440.
const SECRET_MODE: i64 = 0o440;

/// Most that a folder for passing files holds; beyond it the pod is taken away.
const SCRATCH: &str = "256Mi";

/// The pod's specification.
pub(super) fn spec(workload: &Workload) -> Tree {
    let mut spec = vec![
        entry("serviceAccountName", if workload.account.is_empty() { "default" } else { workload.account.as_str() }),
        entry("automountServiceAccountToken", false),
        // Variables about the services of the namespace are nobody's business in a sealed pod.
        entry("enableServiceLinks", false),
    ];
    if matches!(workload.kind, Kind::Test | Kind::Job | Kind::CronJob) {
        spec.push(entry("restartPolicy", "Never"));
    }
    if let Some(grace) = &workload.grace {
        spec.push(entry("terminationGracePeriodSeconds", grace.clone()));
    }
    spec.push(entry(
        "securityContext",
        map! {
            "runAsNonRoot" => true,
            "runAsUser" => NOBODY,
            "runAsGroup" => NOBODY,
            "fsGroup" => NOBODY,
            "fsGroupChangePolicy" => "OnRootMismatch",
            "seccompProfile" => map! { "type" => "RuntimeDefault" },
        },
    ));
    spec.push(entry("containers", vec![container(workload)]));
    let volumes = volumes(workload);
    if !volumes.is_empty() {
        spec.push(list("volumes", volumes));
    }
    if workload.kind != Kind::Test {
        for name in ["nodeSelector", "tolerations"] {
            let path = format!("{}.{name}", workload.knobs);
            let mut member = entry(name, Tree::Block(path.clone()));
            member.when = Some(When::Set(path));
            spec.push(member);
        }
    }
    Tree::Map(spec)
}

fn container(workload: &Workload) -> Tree {
    let image = |leaf: &str| Part::Knob(format!("{}.{leaf}", workload.image));
    let mut container = vec![
        entry("name", &workload.name),
        entry("image", Tree::Text(vec![image("repository"), Part::Literal(":".to_owned()), image("tag")])),
        entry("imagePullPolicy", Tree::Text(vec![image("pullPolicy")])),
    ];
    if !workload.command.is_empty() {
        container.push(entry("command", workload.command.iter().map(Tree::text).collect::<Vec<_>>()));
    }
    if !workload.secret_env.is_empty() {
        let from = |(knob, is_optional): &(String, bool)| {
            let mut reference = vec![entry("name", Tree::knob(knob))];
            reference.extend(is_optional.then(|| entry("optional", true)));
            map! { "secretRef" => reference }
        };
        container.push(entry("envFrom", workload.secret_env.iter().map(from).collect::<Vec<_>>()));
    }
    if !workload.env.is_empty() {
        container.push(list("env", workload.env.iter().map(|(name, value)| variable(name, value)).collect()));
    }
    if !workload.ports.is_empty() {
        let port = |port: &crate::plan::NamedPort| {
            let tree = map! { "name" => &port.name, "containerPort" => i64::from(port.number), "protocol" => port.protocol.as_str() };
            tree.when(port.when.as_ref())
        };
        container.push(list("ports", workload.ports.iter().map(port).collect()));
    }
    if let Some(live) = &workload.probes.live {
        container.push(entry("livenessProbe", http_get(live, 10)));
    }
    if let Some(ready) = &workload.probes.ready {
        container.push(entry("readinessProbe", http_get(ready, 5)));
    }
    container.push(entry("resources", Tree::Block(format!("{}.resources", workload.knobs))));
    container.push(entry(
        "securityContext",
        map! {
            "allowPrivilegeEscalation" => false,
            "readOnlyRootFilesystem" => true,
            "capabilities" => map! { "drop" => vec!["ALL"] },
        },
    ));
    let mounts = mounts(workload);
    if !mounts.is_empty() {
        container.push(list("volumeMounts", mounts));
    }
    Tree::Map(container)
}

fn variable(name: &str, value: &EnvValue) -> Tree {
    match value {
        EnvValue::Plain(value) => map! { "name" => name, "value" => value.clone() },
        EnvValue::When(switch, value) => map! { "name" => name, "value" => value.clone() }.when(Some(switch)),
        EnvValue::SecretKey(secret, key) => {
            let reference = map! { "name" => Tree::knob(secret), "key" => key };
            map! { "name" => name, "valueFrom" => map! { "secretKeyRef" => reference } }
        }
    }
}

fn http_get(probe: &Probe, period: i64) -> Tree {
    map! {
        "httpGet" => map! { "path" => &probe.path, "port" => &probe.port },
        "periodSeconds" => period,
        "timeoutSeconds" => 5,
    }
}

fn mounts(workload: &Workload) -> Vec<Tree> {
    let mut mounts = Vec::new();
    if let Some(path) = &workload.volume {
        mounts.push(map! { "name" => "data", "mountPath" => path });
    }
    for name in workload.secret_files.keys() {
        mounts.push(map! { "name" => format!("secret-{name}"), "mountPath" => format!("{}/{name}", crate::plan::SECRET_FOLDER), "readOnly" => true });
    }
    for (name, (mount, switch)) in &workload.mounts {
        let mut members = vec![entry("name", format!("volume-{name}")), entry("mountPath", &mount.path)];
        members.extend(mount.read_only.then(|| entry("readOnly", true)));
        mounts.push(Tree::Map(members).when(switch.as_ref()));
    }
    for path in &workload.scratch {
        mounts.push(map! { "name" => scratch(path), "mountPath" => path });
    }
    for path in workload.files.keys() {
        mounts.push(map! { "name" => "files", "mountPath" => path, "subPath" => file_key(path), "readOnly" => true });
    }
    mounts
}

fn volumes(workload: &Workload) -> Vec<Tree> {
    let mut volumes = Vec::new();
    for (name, keys) in &workload.secret_files {
        let items: Vec<_> = keys.iter().map(|key| map! { "key" => key, "path" => key }).collect();
        let mut source = vec![entry("secretName", Tree::knob(format!("secrets.{}", key(name)))), entry("defaultMode", SECRET_MODE)];
        source.push(if items.is_empty() { entry("optional", true) } else { entry("items", items) });
        volumes.push(map! { "name" => format!("secret-{name}"), "secret" => source });
    }
    for (name, (_, switch)) in &workload.mounts {
        let volume = map! { "name" => format!("volume-{name}"), "persistentVolumeClaim" => map! { "claimName" => name } };
        volumes.push(volume.when(switch.as_ref()));
    }
    for path in &workload.scratch {
        volumes.push(map! { "name" => scratch(path), "emptyDir" => map! { "sizeLimit" => SCRATCH } });
    }
    if !workload.files.is_empty() {
        volumes.push(map! { "name" => "files", "configMap" => map! { "name" => format!("{}-files", workload.object) } });
    }
    volumes
}

fn scratch(path: &str) -> String {
    format!("scratch-{}", file_key(path))
}

/// The key of a file in its ConfigMap.
pub(super) fn file_key(path: &str) -> String {
    path.trim_start_matches('/').replace('/', "-")
}
