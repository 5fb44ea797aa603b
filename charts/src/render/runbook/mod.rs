//! Runbooks: the steps of a procedure in their order, each with what the plan knows about it.

mod script;

use super::{Files, connectivity, secrets};
use crate::{
    manifest::{About, Guard, Step},
    plan::{Link, Plan, Watched, lower},
};

/// Name of the procedure whose reverse is the uninstall.
const INSTALL: &str = "install";

pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    for (name, (doc, steps)) in &plan.procedures {
        files.insert(format!("runbook/{}.md", name.to_uppercase()), procedure(plan, name, doc, steps));
        files.extend(script::files(plan, name, doc, steps));
    }
    if plan.procedures.contains_key(INSTALL) {
        files.insert("runbook/UNINSTALL.md".to_owned(), uninstall(plan));
    }
    files
}

fn procedure(plan: &Plan, name: &str, doc: &str, steps: &[Step]) -> String {
    let mut text = format!("# {} {}: {name}\n\n{doc}. Paths are those of the rendered folder.\n", plan.install.name, plan.install.version);
    let scripted = !steps.is_empty() && steps.iter().all(|step| step.about.is_script());
    if scripted {
        text.push_str(&format!("\nAll of it is done by `runbook/{name}.sh`, which stops at the first thing that goes wrong.\n"));
    }
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!("\n## {}. {}\n\n", index + 1, step.title));
        text.push_str(&match step.about {
            About::Dns => dns(plan),
            About::Connectivity => connectivities(plan),
            About::CloudAccess => cloud_access(plan),
            About::NetworkPolicy => network_policy(plan),
            About::Monitoring => monitoring(plan),
            About::Secrets => made(plan),
            About::Charts => charts(plan),
            about => script::told(plan, about),
        });
        for guard in &step.guards {
            text.push_str(match guard {
                Guard::Confirm => "\nBefore it, the name of the namespace has to be typed.\n",
                Guard::Backup => "\nIt is refused without a complete backup.\n",
            });
        }
        for note in &step.notes {
            text.push_str(&format!("\n{note}\n"));
        }
    }
    let others: Vec<_> =
        plan.procedures.keys().filter(|other| *other != name).map(|other| format!("[{other}]({}.md)", other.to_uppercase())).collect();
    if name == INSTALL && !others.is_empty() {
        text.push_str(&format!("\nAfterwards: {}.\n", others.join(", ")));
    }
    text
}

fn dns(plan: &Plan) -> String {
    let mut text = "Point all of them to one load balancer, or to your ingress:\n\n| name | what for |\n|---|---|\n".to_owned();
    for name in &plan.names {
        text.push_str(&format!("| `{}` | {} |\n", name.default, name.doc));
    }
    let everywhere = |name: &&crate::plan::PublicName| plan.charts.iter().all(|chart| name.url_in.contains(&chart.name));
    let held: Vec<_> = plan.names.iter().filter(everywhere).map(|name| name.name.as_str()).collect();
    if !held.is_empty() {
        text.push_str(&format!(
            "\nOther names: change them in the manifest and render again, or in `charts/urls.yaml` ({}), which every chart gets.\n",
            held.join(", ")
        ));
    }
    text + "\n```sh\nampoule platform preflight MANIFEST --only dns\n```\n"
}

fn connectivities(plan: &Plan) -> String {
    let mut text = String::new();
    for (cloud, name) in connectivity::clouds(plan) {
        text.push_str(&format!("### {name}\n\n{}\nAs Terraform: `cloud/{cloud}/terraform`.\n\n", connectivity::table(plan, cloud)));
    }
    text + "```sh\nampoule platform preflight MANIFEST --only tcp    # from a machine inside of the network\n```\n"
}

fn cloud_access(plan: &Plan) -> String {
    let mut text = "| service account | buckets |\n|---|---|\n".to_owned();
    for grant in &plan.grants {
        text.push_str(&format!("| {} | {} |\n", grant.account, grant.buckets.join(", ")));
    }
    let pairs: usize = plan.grants.iter().map(|grant| grant.buckets.len()).sum();
    let all = plan.grants.len() * plan.buckets.len();
    text.push_str(&format!("\n{pairs} pairs are allowed, the other {} of {all} are refused.\n", all - pairs));
    if plan.clouds.aws.is_some() {
        text.push_str(
            "\n### Amazon Web Services\n\nBuckets, policies, one role for each account, the Pod Identity add-on and its associations:\n\n\
             ```sh\nterraform -chdir=cloud/aws/terraform init\nterraform -chdir=cloud/aws/terraform apply\n```\n\n\
             Without Terraform: `cloud/aws/iam/trust-policy.json` is the trust policy of every role, `cloud/aws/iam/policies` has a policy for each bucket, and \
             `cloud/aws/iam/roles.json` says which role gets which.\n",
        );
    }
    if plan.clouds.oci.is_some() {
        text.push_str(
            "\n### Oracle Cloud Infrastructure\n\n```sh\nterraform -chdir=cloud/oci/terraform init\nterraform -chdir=cloud/oci/terraform apply\n```\n\n\
             Without Terraform: each file of `cloud/oci/policies` holds the statements of one policy, no more than one can have.\n",
        );
    }
    text
}

fn network_policy(plan: &Plan) -> String {
    let mut text = String::new();
    for workload in plan.workloads() {
        let Some(isolation) = &workload.isolation else { continue };
        let listed = |names: &[String], is_outward: bool| {
            let with = |name: &String| {
                let ends = if is_outward { [&workload.name, name] } else { [name, &workload.name] };
                let link = plan.links.iter().find(|link| [&link.from.component, &link.to.component] == ends);
                match link.and_then(Link::when) {
                    Some(switch) => format!("{name} (with `{switch}` alone)"),
                    None => name.clone(),
                }
            };
            if names.is_empty() { "nobody".to_owned() } else { names.iter().map(with).collect::<Vec<_>>().join(", ") }
        };
        let (outward, inward) = (listed(&isolation.outward, true), listed(&isolation.inward, false));
        text.push_str(&format!("- **{}** may dial {outward}, and may be dialled by {inward}.\n", workload.name));
        if !isolation.denied_nets.is_empty() {
            text.push_str(&format!(
                "  The internet is closed to it too; `{}.internet: true` opens port 443 of it, and not {}.\n",
                workload.knobs,
                isolation.denied_nets.join(", ")
            ));
        }
    }
    text + "\nThe chart brings the policies; `network.policy` chooses whose form: `kubernetes` or `calico`. Who keeps policies elsewhere applies those of \
            `policies/`. A network that enforces none (old flannel, kindnet) says nothing about it: see whether yours does.\n"
}

fn monitoring(plan: &Plan) -> String {
    let mut text = String::new();
    for monitor in &plan.monitors {
        let kind = match monitor.of {
            Watched::Service => "ServiceMonitor",
            Watched::Pods => "PodMonitor",
        };
        let also =
            monitor.when.as_ref().map(|switch| format!(" and `{switch}: true`, without which nobody may dial it")).unwrap_or_default();
        text.push_str(&format!(
            "With the Prometheus operator, a {kind} for {}: the chart brings it with `monitoring.serviceMonitor: true`{also}; or\n\n\
             ```sh\nkubectl apply --filename {}\n```\n\n",
            monitor.object,
            super::monitoring::file(monitor)
        ));
    }
    for signal in &plan.signals {
        text.push_str(&format!("`{}` reaches the autoscaler as one figure: {}.\n\n", signal.metric, lower(&signal.doc)));
    }
    text + "```sh\nhelm upgrade prometheus-adapter prometheus-community/prometheus-adapter --namespace monitoring --reuse-values \\\n  \
            --values monitoring/prometheus-adapter.values.yaml\nampoule platform preflight MANIFEST --only kubernetes.external-metrics\n```\n"
}

fn made(plan: &Plan) -> String {
    let mut text = "```sh\nkubectl apply --filename cluster/namespace.yaml\n```\n\n| secret | key | what |\n|---|---|---|\n".to_owned();
    for secret in &plan.secrets {
        text.push_str(&secrets::row(secret).concat());
    }
    text.push_str("\nIn one of these ways:\n\n- plain: `secrets/make.sh apply`\n- in files that sops encrypts: `secrets/make.sh sops FOLDER`, with your key in `.sops.yaml`\n");
    if plan.clouds.aws.is_some() {
        text.push_str(
            "- kept in AWS Secrets Manager: `terraform -chdir=cloud/aws/secrets apply` makes them and asks for those of others (its state holds them: \
             encrypt it), `kubectl apply --filename secrets/external-secrets` fetches them with the \
             External Secrets Operator\n",
        );
    }
    text
}

fn charts(plan: &Plan) -> String {
    let namespace = &plan.install.namespace;
    let several = plan.charts.len() > 1;
    let mut text = "In this order, into one namespace:\n\n```sh\n".to_owned();
    for chart in &plan.charts {
        let urls = if several { " --values charts/urls.yaml" } else { "" };
        // What depends on it comes after it, so that it has to be there: pods that are ready, jobs that have ended, volumes that are bound.
        text.push_str(&format!(
            "helm upgrade --install {0} charts/{0} --namespace {namespace}{urls} --wait --wait-for-jobs --timeout 15m\n",
            chart.name
        ));
        for volume in plan.volumes.iter().filter(|volume| volume.chart == chart.name && volume.when.is_none()) {
            text.push_str(&format!("kubectl --namespace {namespace} get persistentvolumeclaim {}\n", volume.name));
        }
    }
    text.push_str("ampoule platform preflight MANIFEST\n```\n");
    for chart in &plan.charts {
        if !chart.variants.is_empty() {
            let ways: Vec<_> = chart.variants.iter().map(|(name, doc)| format!("`mode: {name}` ({})", lower(doc))).collect();
            text.push_str(&format!("\n{}: {}.\n", chart.name, ways.join(" or ")));
        }
    }
    text
}

fn uninstall(plan: &Plan) -> String {
    let namespace = &plan.install.namespace;
    let mut text = format!(
        "# {} {}: uninstall\n\nThe install backwards. {} stay: data may be lost with them.\n\n```sh\n",
        plan.install.name,
        plan.install.version,
        script::stay(plan)
    );
    for chart in plan.charts.iter().rev() {
        text.push_str(&format!("helm uninstall {} --namespace {namespace} --wait\n", chart.name));
    }
    text.push_str("```\n\nOnly when nobody wants the data any more:\n\n```sh\n");
    for volume in &plan.volumes {
        text.push_str(&format!("kubectl --namespace {namespace} delete persistentvolumeclaim {} --ignore-not-found\n", volume.name));
    }
    text.push_str(&format!("kubectl delete namespace {namespace}\n```\n"));
    if !plan.buckets.is_empty() {
        text.push_str("\nBuckets and irrecoverable secrets are guarded in Terraform (`prevent_destroy`): take the guard away first.\n");
    }
    text
}
