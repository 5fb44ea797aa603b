//! What Helm prints after an install: what is still to do, in the order in which to do it.

use crate::{
    manifest::Kind,
    plan::{Chart, DEFAULT, Place, SecretRef, lower},
    tree::{Part, Tree},
};

pub(super) fn text(chart: &Chart) -> String {
    let name = &chart.name;
    let mut text = format!("{name} {} is installed in namespace {{{{ .Release.Namespace }}}}.\n", chart.install.version);
    if let Some(before) = chart.depends_on.first() {
        text.push_str(&format!("\nIt needs {before} in the same namespace.\n"));
    }
    let by_default = |secret: &&SecretRef| secret.variant.as_ref().is_none_or(|variant| variant == DEFAULT);
    let (ours, others): (Vec<_>, Vec<_>) = chart.secrets.iter().filter(by_default).partition(|secret| secret.is_ours());
    if !ours.is_empty() {
        text.push_str("\nIts pods wait for these Secrets, unless they are there already. Make them (bash):\n");
    }
    for secret in ours {
        text.push_str(&format!(
            "\n  kubectl --namespace {{{{ .Release.Namespace }}}} create secret generic {{{{ .Values.{} }}}}",
            secret.knob
        ));
        for key in secret.keys.keys() {
            text.push_str(&format!(" \\\n    --from-file={key}=<(openssl rand -hex 32)"));
        }
        text.push('\n');
        for (key, rule) in &secret.keys {
            text.push_str(&format!("    # {key}: {}, {} to {} characters\n", lower(&rule.doc), rule.min_length, rule.max_length));
        }
    }
    for secret in chart.secrets.iter().filter(|secret| secret.keys.is_empty()) {
        text.push_str(&format!("\nOptional: a Secret {{{{ .Values.{} }}}}, with keys as you like: {}.\n", secret.knob, lower(&secret.doc)));
    }
    let others: Vec<_> = others.into_iter().filter(|secret| !secret.keys.is_empty()).collect();
    if !others.is_empty() {
        text.push_str("\nThese hold values that others tell; pods that use them wait for them (secrets/ makes them):\n\n");
    }
    for secret in others {
        text.push_str(&format!("  {{{{ .Values.{} }}}}, with {}: {}\n", secret.knob, names(secret), lower(&secret.doc)));
    }
    for secret in chart.secrets.iter().filter(|secret| !by_default(secret)) {
        let variant = secret.variant.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "\n{{{{- if eq .Values.mode {variant:?} }}}}\n\nPods wait for the Secret {{{{ .Values.{} }}}} too, with {}: {}\n{{{{- end }}}}\n",
            secret.knob,
            names(secret),
            lower(&secret.doc)
        ));
    }
    for workload in chart.workloads.iter().filter(|workload| workload.scaled_by.is_some()) {
        let by = format!(".Values.{}.scaling.by", workload.knobs);
        let object = &workload.object;
        text.push_str(&format!(
            "\n{{{{- if eq {by} \"hpa\" }}}}\n\n\
             {object} follows an external metric. prometheus-adapter must serve it (monitoring/prometheus-adapter.values.yaml); see whether it does:\n\n  \
             kubectl --namespace {{{{ .Release.Namespace }}}} describe hpa {object}\n\
             {{{{- else if eq {by} \"keda\" }}}}\n\n\
             {object} is scaled by KEDA, from {{{{ .Values.monitoring.prometheusUrl }}}}:\n\n  \
             kubectl --namespace {{{{ .Release.Namespace }}}} get scaledobject {object}\n\
             {{{{- end }}}}\n"
        ));
    }
    text.push_str(&admitted(chart));
    if let Some(test) = chart.workloads.iter().find(|workload| workload.kind == Kind::Test) {
        text.push_str(&format!(
            "\nSee whether all works ({}):\n\n  helm test {{{{ .Release.Name }}}} --namespace {{{{ .Release.Namespace }}}} --logs\n",
            test.object
        ));
    }
    text
}

fn names(secret: &SecretRef) -> String {
    secret.keys.iter().map(|(name, key)| format!("{name} ({})", lower(&key.doc))).collect::<Vec<_>>().join(", ")
}

/// Isolated services admit pods by label; who is not told waits in vain.
fn admitted(chart: &Chart) -> String {
    let mut text = String::new();
    for workload in chart.workloads.iter().filter(|workload| workload.isolation.is_some()) {
        let own = |component: &str| chart.workloads.iter().any(|workload| workload.name == component);
        let guests = chart.links.iter().filter(|link| link.to.component == workload.name && !own(&link.from.component));
        let mut lines = guests.peekable();
        if lines.peek().is_some() {
            text.push_str(&format!("\n{} admits, by network policy, only:\n\n", workload.object));
        }
        for link in lines {
            let Place::Pods(labels, namespace) = &link.from.place else { continue };
            let labels = labels.iter().map(|(name, value)| format!("{name}={}", printed(value))).collect::<Vec<_>>().join(",");
            let namespace = match namespace {
                Some(knob) => format!("{{{{ .Values.{knob} }}}}"),
                None => "{{ .Release.Namespace }}".to_owned(),
            };
            let when = link.when().map(|switch| format!(", with {switch} alone")).unwrap_or_default();
            text.push_str(&format!("  {}{when}: pods labelled {labels} in namespace {namespace}\n", link.from.component));
        }
    }
    text
}

/// A text inside of a line of the notes.
fn printed(tree: &Tree) -> String {
    let Tree::Text(parts) = tree else { return String::new() };
    let one = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Knob(path) | Part::Number(path) | Part::HostOf(path) | Part::Json(path) => format!("{{{{ .Values.{path} }}}}"),
        Part::Namespace => "{{ .Release.Namespace }}".to_owned(),
        Part::Revision => "{{ .Release.Revision }}".to_owned(),
        Part::Item => "{{ . }}".to_owned(),
    };
    parts.iter().map(one).collect()
}
