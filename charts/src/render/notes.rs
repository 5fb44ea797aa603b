//! What Helm prints after an install: what is still to do, in the order in which to do it.

use crate::plan::Plan;

pub(super) fn text(plan: &Plan) -> String {
    let name = &plan.install.name;
    let mut text = format!("{name} {} is installed in namespace {{{{ .Release.Namespace }}}}.\n", plan.install.version);
    if !plan.secrets.is_empty() {
        text.push_str("\nIts pods wait for these Secrets, unless they are there already. Make them (bash):\n");
    }
    for secret in &plan.secrets {
        text.push_str(&format!(
            "\n  kubectl --namespace {{{{ .Release.Namespace }}}} create secret generic {{{{ .Values.{} }}}}",
            secret.knob
        ));
        for (key, ..) in &secret.keys {
            text.push_str(&format!(" \\\n    --from-file={key}=<(openssl rand -hex 32)"));
        }
        text.push('\n');
        for (key, doc, min, max) in &secret.keys {
            text.push_str(&format!("    # {key}: {}, {min} to {max} characters\n", doc.to_lowercase()));
        }
    }
    for workload in plan.workloads.iter().filter(|workload| workload.scaled_by.is_some()) {
        let by = format!(".Values.{}.scaling.by", workload.name);
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
    text.push_str(&admitted(plan));
    text.push_str("\nSee whether all works:\n\n  helm test {{ .Release.Name }} --namespace {{ .Release.Namespace }} --logs\n");
    text
}

/// Isolated services admit pods by label; who is not told waits in vain.
fn admitted(plan: &Plan) -> String {
    let mut text = String::new();
    for workload in plan.workloads.iter().filter(|workload| workload.isolated) {
        let own = |component: &str| plan.workloads.iter().any(|workload| workload.name == component);
        let guests = plan.links.iter().filter(|link| link.to.component == workload.name && !own(&link.from.component));
        let mut lines = guests.peekable();
        if lines.peek().is_some() {
            text.push_str(&format!("\n{} admits, by network policy, only:\n\n", workload.object));
        }
        for link in lines {
            let labels = link.from.labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",");
            let namespace = match &link.from.namespace {
                Some(knob) => format!("{{{{ .Values.{knob} }}}}"),
                None => "{{ .Release.Namespace }}".to_owned(),
            };
            text.push_str(&format!("  {}: pods labelled {labels} in namespace {namespace}\n", link.from.component));
        }
    }
    text
}
